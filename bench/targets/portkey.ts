import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { answersOk } from "../processes/answers-ok.ts";
import { startChild } from "../processes/child-process.ts";
import { cleanEnvironment } from "../processes/clean-environment.ts";
import { chatPath, type StartedTarget, type TargetContext } from "./target.ts";

const portkeyPackage = "@portkey-ai/gateway";
const portkeyVersion = "1.15.2";
/** The last version with which Portkey streams: with later ones it answers 500 (Portkey-AI/gateway#1389). */
const honoServer = { name: "@hono/node-server", version: "1.14.1" };
const fetchTimeoutMs = 180_000;

/** The npm package, fetched once into `bench/.portkey`: it is measured, not depended on. */
export async function startPortkey(context: TargetContext): Promise<StartedTarget> {
  const folder = path.join(context.root, "bench", ".portkey");
  const problem = await fetchPortkey(folder, context);
  if (problem !== null) return { kind: "unavailable", reason: problem };
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  const child = await startChild(
    {
      name: "portkey",
      command: process.execPath,
      args: [path.join(packageFolder(folder), "build", "start-server.js"), `--port=${port}`, "--headless"],
      environment: cleanEnvironment(),
      workingFolder: context.workFolder,
      logFile: path.join(context.workFolder, "portkey.log"),
      isReady: () => answersOk(`${origin}/`),
    },
    context,
  );
  const target = {
    name: "portkey",
    description: `${portkeyPackage} ${portkeyVersion} from npm, one process, --headless, with ${honoServer.name} ${honoServer.version}: no keys, store, metrics or request log`,
    request: {
      origin,
      path: chatPath,
      headers: {
        "content-type": "application/json",
        authorization: "Bearer upstream-key",
        "x-portkey-provider": "openai",
        // Loopback hosts are trusted unless TRUSTED_CUSTOM_HOSTS says otherwise.
        "x-portkey-custom-host": `${context.upstreamUrl}/v1`,
      },
    },
    processes: [child],
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  } as const;
  return { kind: "started", target };
}

/** Null when the package is there; else why not, in one sentence. */
async function fetchPortkey(folder: string, { say, signal }: TargetContext): Promise<string | null> {
  if (isInstalled(folder)) return null;
  say(`fetching ${portkeyPackage} ${portkeyVersion} into bench/.portkey ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "package.json"), JSON.stringify(manifest, null, 2));
  const args = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--fetch-retries=1"];
  try {
    await promisify(execFile)("npm", ["install", "--prefix", folder, ...args], {
      timeout: fetchTimeoutMs,
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    return `${portkeyPackage} ${portkeyVersion} could not be fetched from npm (${npmErrorOf(error)}).`;
  }
  return isInstalled(folder) ? null : `${portkeyPackage} ${portkeyVersion} was not installed.`;
}

/** An override, because a second copy of the server below Portkey would be the one that it uses. */
const manifest = {
  private: true,
  dependencies: { [portkeyPackage]: portkeyVersion },
  overrides: { [honoServer.name]: honoServer.version },
};

function npmErrorOf(error: unknown): string {
  const lines = error instanceof Error ? error.message.split("\n") : [];
  return lines.find((line) => line.includes("npm error")) ?? "npm failed";
}

function isInstalled(folder: string): boolean {
  const portkey = readVersion(packageFolder(folder));
  const server = readVersion(path.join(folder, "node_modules", honoServer.name));
  return portkey === portkeyVersion && server === honoServer.version;
}

function readVersion(folder: string): string | null {
  const file = path.join(folder, "package.json");
  if (!existsSync(file)) return null;
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  return typeof content === "object" && content !== null ? String(Reflect.get(content, "version")) : null;
}

function packageFolder(folder: string): string {
  return path.join(folder, "node_modules", portkeyPackage);
}
