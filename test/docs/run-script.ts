import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const limitMs = 30_000;

export interface ScriptOutcome {
  readonly stdout: string;
  /** HTTP statuses of its curl commands, in order. */
  readonly statuses: readonly number[];
}

/** Every curl of a script fails on its own limits only, and leaves its status on the error stream. */
const observedCurl = String.raw`curl() { command curl -sS --max-time 20 -w '%{stderr}http-status %{http_code}\n' "$@"; }`;

/** Runs a block of shell commands in a POSIX shell. @throws when one of them fails; a refusal by HTTP is no failure. */
export async function runScript(
  script: string,
  { env, directory }: { readonly env: Readonly<Record<string, string>>; readonly directory: string },
): Promise<ScriptOutcome> {
  const { stdout, stderr } = await run("sh", ["-eu", "-c", `${observedCurl}\n${script}`], {
    timeout: limitMs,
    cwd: directory,
    env: { PATH: process.env["PATH"], ...env },
    maxBuffer: 16_777_216,
  });
  const statuses = [...stderr.matchAll(/^http-status (\d+)$/gm)].map((match) => Number(match[1]));
  return { stdout, statuses };
}
