import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = path.dirname(path.dirname(import.meta.dirname));

/** Building images takes minutes, so these tests run on request only: `npm run test:containers`. */
const isAskedFor = process.env["npm_lifecycle_event"] === "test:containers";

export interface Engine {
  /** Runs `docker` and gives what it printed, standard error included. @throws when it fails. */
  docker(argv: readonly string[], options?: CommandOptions): Promise<string>;
  /** Runs `docker compose`, or `docker-compose` where there is no other. @throws when it fails. */
  compose(argv: readonly string[], options: CommandOptions): Promise<string>;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** The container engine of this machine; null, with one line that says why, when these tests cannot or should not run. */
export async function findEngine(): Promise<Engine | null> {
  if (!isAskedFor) return skip("run them with `npm run test:containers`");
  const answers = (command: string, ...argv: string[]): Promise<boolean> =>
    run(command, argv, { timeout: 10_000 }).then(
      () => true,
      () => false,
    );
  if (!(await answers("docker", "info"))) return skip("no container engine answers to `docker info`");
  const hasPlugin = await answers("docker", "compose", "version");
  if (!hasPlugin && !(await answers("docker-compose", "version"))) return skip("docker compose is not there");
  const [composeCommand, ...composeWords] = hasPlugin ? ["docker", "compose"] : ["docker-compose"];
  return {
    docker: (argv, options) => execute("docker", { argv, ...options }),
    compose: (argv, options) =>
      execute(composeCommand ?? "docker", { argv: [...composeWords, ...argv], ...options }),
  };
}

function skip(why: string): null {
  console.warn(`the tests with containers are skipped: ${why}`);
  return null;
}

async function execute(
  command: string,
  { argv, cwd, env, timeoutMs = 60_000 }: CommandOptions & { readonly argv: readonly string[] },
): Promise<string> {
  const { PATH, HOME, DOCKER_HOST, DOCKER_BUILDKIT, COMPOSE_DOCKER_CLI_BUILD } = process.env;
  const { stdout, stderr } = await run(command, argv, {
    cwd,
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH, HOME, DOCKER_HOST, DOCKER_BUILDKIT, COMPOSE_DOCKER_CLI_BUILD, ...env },
  });
  return `${stdout}${stderr}`;
}

/** A fresh copy of what the repository holds, without anything that git ignores; disposing of it removes it. */
export async function freshClone(): Promise<Disposable & { readonly folder: string }> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-clone-"));
  for (const file of stdout.split("\0").filter((name) => name !== "")) {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    // A file that somebody has just removed is no part of the copy.
    cpSync(path.join(root, file), target, { force: true });
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
