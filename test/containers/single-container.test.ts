import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { until } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { sampleFile } from "../../scripts/smoke/run-scenario.ts";
import { ask, hello, untilHealthy } from "./ask.ts";
import { findEngine, freshClone } from "./engine.ts";
import { addedLimitMb } from "./image-size.ts";

const engine = await findEngine();
const image = "tokenhub";
const buildLimitMs = 900_000;

const run = promisify(execFile);

describe.skipIf(engine === null)("one container", { timeout: 120_000 }, () => {
  const containers: string[] = [];
  const docker = (...argv: string[]): Promise<string> => engine?.docker(argv) ?? Promise.resolve("");

  beforeAll(async () => {
    using clone = await freshClone();
    await engine?.docker(["build", "-t", image, "."], { cwd: clone.folder, timeoutMs: buildLimitMs });
  }, buildLimitMs);
  afterAll(async () => {
    for (const name of containers) await docker("rm", "-f", "-v", name);
  });

  /** Starts a container in the background with its port published; the result is its name and address. */
  async function start(...argv: string[]): Promise<{ name: string; url: string }> {
    const port = await findFreePort();
    const name = `tokenhub-test-${port}`;
    containers.push(name);
    const at = argv.indexOf(image);
    const [options, command] = at === -1 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
    await docker("run", "-d", "--name", name, "-p", `${port}:8080`, ...options, image, ...command);
    return { name, url: `http://127.0.0.1:${port}` };
  }

  /** Runs a container that ends by itself, in failure; gives what it printed. */
  async function refusalOf(...argv: string[]): Promise<string> {
    const name = `tokenhub-test-${await findFreePort()}`;
    containers.push(name);
    await docker("run", "--name", name, ...argv).catch(() => undefined);
    expect(await docker("inspect", "-f", "{{.State.ExitCode}}", name)).toBe("1\n");
    return docker("logs", name);
  }

  it("S4-1: docker run with -generate-key prints a key on its first line and ends", async () => {
    const [key, hint] = (await docker("run", "--rm", image, "-generate-key")).split("\n");
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    expect(hint).toContain("TOKENHUB_ENCRYPTION_KEY");
  });

  it("S3-48, S3-62, S4-7, D5: built without arguments and run with three variables it answers, with nothing next to it", async () => {
    const [key = ""] = (await docker("run", "--rm", image, "-generate-key")).split("\n");
    const env = [`TOKENHUB_ENCRYPTION_KEY=${key}`, "OPENAI_API_KEY=your-openai-key", "ANTHROPIC_API_KEY="];
    const { name, url } = await start(...env.flatMap((pair) => ["-e", pair]));
    await untilHealthy(url);
    // It listens on 0.0.0.0, so a key is needed: the one it prints.
    await until("the key", async () => (await docker("logs", name)).includes("API key"));
    const bearer = /API key +(\S+)/.exec(await docker("logs", name))?.[1] ?? "";
    expect((await ask(`${url}/v1/chat/completions`, { body: hello })).status).toBe(401);
    const question = { model: "mock-gpt-4", ...hello };
    expect((await ask(`${url}/v1/chat/completions`, { body: question, bearer })).status).toBe(200);
    const { json } = await ask(`${url}/v1/models`, { bearer });
    const ids = (json["data"] as { id: string }[]).map(({ id }) => id);
    expect(ids).toContain("gpt-4");
    expect(ids.filter((id) => id.startsWith("claude"))).toEqual([]);
    const health = (): Promise<string> => docker("inspect", "-f", "{{.State.Health.Status}}", name);
    await until("its health check", async () => (await health()) === "healthy\n", 60_000);
    await docker("stop", "-t", "20", name);
    expect(await docker("inspect", "-f", "{{.State.ExitCode}}", name)).toBe("0\n");
  });

  it("S4-39, D4: the printed command and mounted file are taken, the stray word included; open mode needs no key", async () => {
    const config = `${sampleFile("basic.json")}:/config.json:ro`;
    const command = ["/tokenhub", "-config", "/config.json"];
    const { url } = await start("-e", "TOKENHUB_AUTH=open", "-v", config, image, ...command);
    await untilHealthy(url);
    const question = { model: "mock-gpt-3.5", ...hello };
    expect((await ask(`${url}/v1/chat/completions`, { body: question })).status).toBe(200);
    expect((await ask(`${url}/healthz`)).json).toMatchObject({ status: "ok" });
  });

  it("an empty directory where the file should be, as the engine makes it, is named as such", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-config-"));
    chmodSync(folder, 0o755);
    const mount = `${folder}:/config.json:ro`;
    const refusal = await refusalOf("-v", mount, image, "-config", "/config.json");
    expect(refusal).toContain("/config.json is a directory, not a file");
    rmSync(folder, { recursive: true });
  });

  it("S2-70: a root-owned ./data is refused with the command to run; after it, data survive a new container", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-bind-"));
    const data = path.join(folder, "data");
    mkdirSync(data, { mode: 0o755 });
    const mount = ["-v", `${data}:/data`, "-e", "TOKENHUB_ADMIN_PASSWORD=your-secure-password"];
    expect(await refusalOf(...mount, image)).toContain("sudo chown -R 1000:1000 ./data");
    chownSync(data, 1000, 1000);

    const bearer = "your-secure-password";
    const first = await start(...mount);
    await untilHealthy(first.url);
    const provider = { name: "my-provider", provider_type: "mock", api_key: "your-api-key" };
    expect((await ask(`${first.url}/admin/providers`, { body: provider, bearer })).status).toBe(200);
    await docker("rm", "-f", first.name);
    const second = await start(...mount);
    await untilHealthy(second.url);
    const { json } = await ask(`${second.url}/admin/providers`, { bearer });
    expect(json["providers"]).toContain("my-provider");
    await docker("rm", "-f", second.name);
    rmSync(folder, { recursive: true });
  });

  it("S3-42, S3-56: it runs as a user without rights, cannot write to the product, and has no package manager of Node", async () => {
    const script =
      "id -u; touch /app/x 2>/dev/null && echo writable; command -v npm npx corepack yarn; ls /app/node_modules/.bin/node 2>/dev/null; true";
    expect(await docker("run", "--rm", "--entrypoint", "sh", image, "-c", script)).toBe("1000\n");
  });

  it("S3-43: what the product adds to its base image stays under the documented bound, without development packages", async () => {
    const sizeOf = async (name: string): Promise<number> =>
      Number(await docker("image", "inspect", "-f", "{{.Size}}", name)) / 1_000_000;
    const addedMb = (await sizeOf(image)) - (await sizeOf("node:24-bookworm-slim"));
    expect(addedMb).toBeGreaterThan(10);
    expect(addedMb).toBeLessThan(addedLimitMb.wholeProduct);
    const list = await docker("run", "--rm", "--entrypoint", "ls", image, "/app/node_modules");
    expect(list.split("\n").filter((name) => /^(vitest|typescript|oxlint|turbo|knip)$/.test(name))).toEqual(
      [],
    );
  });

  it("works under `docker run --read-only` with only /data and /tmp writable", async () => {
    const { url } = await start("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL");
    await untilHealthy(url);
    expect((await ask(`${url}/healthz`)).status).toBe(200);
  });

  it("test.sh finds every endpoint that is built", async () => {
    const { url } = await start("-e", "TOKENHUB_AUTH=open");
    await untilHealthy(url);
    const script = path.join(path.dirname(path.dirname(import.meta.dirname)), "test.sh");
    const { stdout } = await run("sh", [script, url]);
    expect(stdout).toContain("all ok");
  });
});
