import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { StandInArguments } from "./stand-in-main.ts";

/** How a stand-in service behaves; without any of these it becomes ready, and ends at once when asked. */
export interface StandInPlan {
  readonly exitCode?: number;
  /** Exits only as long as fewer starts than this were made; the later ones stay. */
  readonly exitTimes?: number;
  readonly stderr?: string;
  readonly stopDelayMs?: number;
  readonly ignoresTerm?: boolean;
}

export interface StartedCommand {
  readonly child: ChildProcess;
  output(): string;
  waitFor(text: string | RegExp): Promise<void>;
  /** The exit code, or the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

const mainFile = fileURLToPath(new URL("stand-in-main.ts", import.meta.url));
const root = path.dirname(path.dirname(import.meta.dirname));
const names = ["gateway", "orchestrator-worker", "router-worker", "provider-worker", "webhook-worker"];

/** A scratch folder with stand-in services, the real start command around them, and all that a test asks about both. */
export function createStandInStack(plans: Readonly<Record<string, StandInPlan>> = {}) {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-stack-"));
  const dataFolder = path.join(folder, "data");
  const eventsFile = path.join(folder, "events");
  mkdirSync(path.join(folder, "apps"));
  const services = names.map((name) => {
    const entry = path.join(folder, "apps", `${name}.mjs`);
    writeFileSync(entry, standInSource({ name, plan: plans[name] ?? {}, eventsFile }));
    return { name, entry, nodeArguments: [] };
  });
  const restart = { firstMs: 20, mostMs: 80, calmAfterMs: 10_000 };
  const standIn: StandInArguments = { root: folder, services, restart };
  const started: StartedCommand[] = [];

  const events = (): string[] =>
    existsSync(eventsFile) ? readFileSync(eventsFile, "utf8").trim().split("\n") : [];
  const environment = { ...process.env, TOKENHUB_PORT: "0", TOKENHUB_DATA_DIR: dataFolder, REDIS_URL: "" };
  const run = (argv: readonly string[], extra: NodeJS.ProcessEnv = {}, options: { uid?: number } = {}) => {
    const child = spawn(process.execPath, argv, {
      env: { ...environment, ...extra },
      detached: true,
      cwd: folder,
      ...options,
    });
    const command = followCommand(child);
    started.push(command);
    return command;
  };
  return {
    folder,
    dataFolder,
    events,
    /** Process ids by what is written in the event log, in order of the start. */
    pidsOf: (name: string): number[] =>
      events()
        .filter((event) => event.startsWith(`${name} started `))
        .map((event) => Number(event.split(" ")[2])),
    redisPid: (): number => Number(readFileSync(path.join(dataFolder, "redis", "redis.pid"), "utf8")),
    /** The start command with the stand-in services. */
    start: (extra?: NodeJS.ProcessEnv) => run([mainFile, JSON.stringify(standIn)], extra),
    startArguments: [mainFile, JSON.stringify(standIn)],
    run,
    /** The start command as it is shipped. */
    startReal: (argv: readonly string[] = [], extra?: NodeJS.ProcessEnv, options?: { uid?: number }) =>
      run([path.join(root, "scripts", "start.mjs"), ...argv], extra, options),
    async [Symbol.asyncDispose]() {
      for (const { child, ended } of started) {
        child.kill("SIGKILL");
        await ended;
      }
      const pids = [
        ...names.flatMap((name) => this.pidsOf(name)),
        ...(existsSync(path.join(dataFolder, "redis", "redis.pid")) ? [this.redisPid()] : []),
      ];
      expect(await survivors(pids)).toEqual([]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The processes that still exist after a generous wait for all of them to go; a zombie counts as gone. */
export async function survivors(pids: readonly number[]): Promise<number[]> {
  const deadline = Date.now() + 15_000;
  while (pids.some(isRunning) && Date.now() < deadline) await delay(20);
  return pids.filter(isRunning);
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // No such process, or gone between the two looks.
    return false;
  }
}

export async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  return once(socket, "connect").then(
    () => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

function followCommand(child: ChildProcess): StartedCommand {
  let output = "";
  const collect = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);
  const ended = once(child, "close").then(([code, signal]) => code ?? signal);
  return {
    child,
    output: () => output,
    ended,
    async waitFor(text) {
      await expect.poll(() => output, { timeout: 15_000, interval: 10 }).toMatch(text);
    },
  };
}

function standInSource({
  name,
  plan,
  eventsFile,
}: {
  name: string;
  plan: StandInPlan;
  eventsFile: string;
}): string {
  return `
import { appendFileSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
const plan = ${JSON.stringify(plan)};
const note = (what) => appendFileSync(${JSON.stringify(eventsFile)}, "${name} " + what + "\\n");
note("started " + process.pid);
note("environment " + JSON.stringify({ ...process.env }));
if (plan.stderr) process.stderr.write(plan.stderr + "\\n");
const starts = readFileSync(${JSON.stringify(eventsFile)}, "utf8").split("${name} started").length - 1;
if (plan.exitCode !== undefined && starts <= (plan.exitTimes ?? Infinity)) process.exit(plan.exitCode);
const server = createServer((request, response) => response.writeHead(request.url === "/readyz" ? 200 : 404).end());
server.listen(Number(process.env.TOKENHUB_ADMIN_PORT), "127.0.0.1");
process.on("SIGHUP", () => note("reload"));
process.on("SIGTERM", () => {
  note("asked");
  if (plan.ignoresTerm) return;
  const redis = new URL(process.env.REDIS_URL);
  const socket = connect(Number(redis.port), "127.0.0.1", () => note("redis answers"));
  socket.on("error", () => note("redis is gone"));
  setTimeout(() => { note("gone"); process.exit(0); }, plan.stopDelayMs ?? 50);
});
`;
}
