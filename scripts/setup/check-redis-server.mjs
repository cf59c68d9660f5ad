import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

const oldestVersion = [6, 2];
const deadlineMs = 5_000;

/**
 * Starts the server on a socket file in a temporary folder, asks for its version and stops it again.
 * Returns null when it is usable, otherwise the reason in a few words.
 */
export async function checkRedisServer({ command, env }) {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-redis-"));
  const socket = path.join(folder, "s");
  const settings = [
    "--port",
    "0",
    "--unixsocket",
    socket,
    "--save",
    "",
    "--dir",
    folder,
    "--daemonize",
    "no",
  ];
  const child = spawn(command, settings, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const collect = (chunk) => (output += chunk);
  child.stdout.on("data", collect);
  child.stderr.on("data", collect);
  const exited = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code) => resolve(lastLine(output) ?? `it stopped with exit code ${code}`));
  });
  try {
    return await Promise.race([exited, askVersion(socket)]);
  } finally {
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function askVersion(socket) {
  const deadline = Date.now() + deadlineMs;
  while (Date.now() < deadline) {
    const answer = await ask(socket, "INFO server\r\n");
    const version = /(?:redis|valkey)_version:(\d+)\.(\d+)/.exec(answer ?? "");
    if (version !== null) return judge(Number(version[1]), Number(version[2]));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return `no answer within ${deadlineMs / 1000} s`;
}

function judge(major, minor) {
  const tooOld = major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1]);
  return tooOld ? `version ${major}.${minor} is older than ${oldestVersion.join(".")}` : null;
}

/** The first chunk of the answer to one inline command; null when nobody listens yet. */
function ask(socket, command) {
  return new Promise((resolve) => {
    const connection = connect(socket, () => connection.write(command));
    connection.setEncoding("utf8");
    connection.once("data", (text) => {
      connection.destroy();
      resolve(text);
    });
    connection.once("error", () => resolve(null));
    connection.once("close", () => resolve(null));
  });
}

function lastLine(output) {
  return output.trim().split("\n").at(-1) || null;
}
