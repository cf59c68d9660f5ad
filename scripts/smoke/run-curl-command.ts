import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import type { CurlAnswer } from "./judge-answer.ts";

const run = promisify(execFile);

/**
 * Writes a curl configuration into a folder. With that folder as CURL_HOME, a command for http://localhost:8080 reaches
 * the given port without a letter of it changed, and the answer's status stands behind its body.
 */
export function writeCurlConfiguration(folder: string, { port }: { readonly port: number }): void {
  const lines = [
    "silent",
    "show-error",
    "max-time = 20",
    'noproxy = "*"',
    `connect-to = "localhost:8080:127.0.0.1:${port}"`,
    String.raw`write-out = "\n%{http_code}"`,
  ];
  writeFileSync(path.join(folder, ".curlrc"), `${lines.join("\n")}\n`);
}

/** Runs a command line in a POSIX shell as a person would paste it. @throws when curl itself fails. */
export async function runCurlCommand(
  command: string,
  { curlHome, signal }: { readonly curlHome: string; readonly signal: AbortSignal },
): Promise<CurlAnswer> {
  const env = { PATH: process.env["PATH"], CURL_HOME: curlHome };
  const { stdout } = await run("sh", ["-c", command], { env, signal, maxBuffer: 16 * 1024 * 1024 });
  const end = stdout.lastIndexOf("\n");
  return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
}
