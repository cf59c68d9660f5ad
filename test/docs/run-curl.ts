import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const limitMs = 30_000;

export interface CurlAnswer {
  readonly status: number;
  readonly body: string;
}

/** Runs a curl command line in a POSIX shell, with the answer's status behind its body. @throws when curl itself fails. */
export async function runCurl(
  command: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CurlAnswer> {
  const asked = command.replace(/^curl/, String.raw`curl -sS --max-time 20 -w '\n%{http_code}'`);
  const { stdout } = await run("sh", ["-c", asked], {
    timeout: limitMs,
    env: { PATH: process.env["PATH"], ...env },
  });
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}
