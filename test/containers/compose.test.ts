import { until } from "@tokenhub/testkit";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { credentialHash } from "@tokenhub/mock-llm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { sampleFile } from "../../scripts/smoke/run-scenario.ts";
import { codeBlocksOf } from "../docs/code-block.ts";
import { ask, hello, untilHealthy } from "./ask.ts";
import { findEngine, freshClone } from "./engine.ts";
import { addedLimitMb } from "./image-size.ts";

const engine = await findEngine();
const buildLimitMs = 900_000;
const password = "your-secure-password";

describe.skipIf(engine === null)("docker compose", { timeout: 240_000 }, () => {
  let clone: Awaited<ReturnType<typeof freshClone>>;
  let url = "";
  let env: Record<string, string> = {};

  const compose = (...argv: string[]): Promise<string> =>
    engine?.compose(argv, { cwd: clone.folder, env, timeoutMs: buildLimitMs }) ?? Promise.resolve("");

  beforeAll(async () => {
    clone = await freshClone();
    await compose("build");
  }, buildLimitMs);
  afterAll(() => clone[Symbol.dispose]());
  beforeEach(async () => {
    const port = await findFreePort();
    url = `http://localhost:${port}`;
    env = { TOKENHUB_PORT: String(port), COMPOSE_PROJECT_NAME: `tokenhub-test-${port}` };
  });
  afterEach(() => compose("down", "-v", "-t", "20"), 120_000);

  /** What the stand-in for the providers was asked, seen from the network of the provider worker. */
  async function askedOfStandIn(): Promise<{ path: string; headers: Record<string, string> }[]> {
    const script = `fetch("http://mock-llm:8090/__mock/calls").then((answer) => answer.text()).then((text) => console.log(text))`;
    const printed = await compose("exec", "-T", "provider-worker", "node", "-e", script);
    return JSON.parse(printed).calls;
  }

  it("S0-15, S0-20, S1-34, S1-35, S2-78, S3-44, S3-63: a password and `up -d`, without a .env, are enough for health and a chat", async () => {
    env["TOKENHUB_ADMIN_PASSWORD"] = password;
    await compose("up", "-d");
    await untilHealthy(url);
    expect(await ask(`${url}/health`)).toEqual({ status: 200, json: { status: "healthy" } });
    const body = { ...hello, orchestration_mode: "simple" };
    expect((await ask(`${url}/v1/chat`, { body })).json["response"]).toMatch(/^Mock response from mock-gpt/);
    expect((await ask(`${url}/admin/providers`, { bearer: password })).status).toBe(200);
    expect((await ask(`${url}/admin/providers`, { bearer: "another" })).status).toBe(401);
  });

  it("S0-3, S2-48, S2-70: a key added over HTTP is used by the worker, and is still there in new containers", async () => {
    env["TOKENHUB_ADMIN_PASSWORD"] = password;
    await compose("up", "-d");
    await untilHealthy(url);
    const bearer = password;
    const provider = { name: "openai", provider_type: "openai", api_key: "sk-only-in-the-vault" };
    expect((await ask(`${url}/admin/providers`, { body: provider, bearer })).status).toBe(200);
    const address = { base_url: "http://mock-llm:8090" };
    const changed = await ask(`${url}/admin/v1/providers/openai`, { method: "PATCH", body: address, bearer });
    expect(changed.status).toBe(200);
    const model = {
      name: "gpt-5",
      provider: "openai",
      cost_per_1k_tokens: 0.05,
      context_size: 32_000,
      weight: 150,
    };
    expect((await ask(`${url}/admin/models`, { body: model, bearer })).status).toBe(200);
    const chat = (): Promise<{ status: number }> =>
      ask(`${url}/v1/chat/completions`, { body: { model: "gpt-5", ...hello } });
    expect((await chat()).status).toBe(200);

    await compose("down", "-t", "20");
    await compose("up", "-d");
    await untilHealthy(url);
    expect((await ask(`${url}/admin/providers`, { bearer })).json["providers"]).toContain("openai");
    expect((await chat()).status).toBe(200);
    const calls = (await askedOfStandIn()).filter((call) => call.path.endsWith("/chat/completions"));
    expect(calls.map(({ headers }) => headers["authorization"])).toEqual([
      `Bearer ${credentialHash("sk-only-in-the-vault")}`,
    ]);
  });

  it("S3-43: what each service adds to the base image stays under the documented bound", async () => {
    const sizeOf = async (name: string): Promise<number> =>
      Number(await engine?.docker(["image", "inspect", "-f", "{{.Size}}", name])) / 1_000_000;
    const base = await sizeOf("node:24-bookworm-slim");
    for (const name of [
      "gateway",
      "orchestrator-worker",
      "router-worker",
      "provider-worker",
      "webhook-worker",
    ]) {
      const addedMb = (await sizeOf(`tokenhub-${name}`)) - base;
      expect(addedMb, name).toBeGreaterThan(10);
      expect(addedMb, name).toBeLessThan(addedLimitMb.oneService);
    }
  });

  it("S1-38, S1-39: .env.example copied unchanged and `up --build` start the whole product", async () => {
    copyFileSync(path.join(clone.folder, ".env.example"), path.join(clone.folder, ".env"));
    await compose("up", "--build", "-d");
    await untilHealthy(url);
    expect((await ask(`${url}/v1/chat/completions`, { body: hello })).status).toBe(200);
    expect((await ask(`${url}/healthz`)).json).toMatchObject({ status: "ok" });
    expect((await ask(`${url}/admin/providers`)).status).toBe(401);
  });

  it("S3-70: `--scale provider-worker=3` runs three of them, and a chat is answered while one of them goes", async () => {
    await compose("up", "-d", "--scale", "provider-worker=3");
    await untilHealthy(url);
    const running = async (): Promise<string[]> =>
      (await compose("ps", "-q", "provider-worker")).split("\n").filter((id) => /^[0-9a-f]{12,}$/.test(id));
    await until("three workers", async () => (await running()).length === 3, 30_000);
    const [first = ""] = await running();
    const chats = Array.from({ length: 30 }, () => ask(`${url}/v1/chat/completions`, { body: hello }));
    const removed = engine?.docker(["rm", "-f", first]);
    expect((await Promise.all(chats)).map(({ status }) => status)).toEqual(Array(30).fill(200));
    await removed;
  });

  it("S1-62: the compose files of the deployment guide fit the one of the repository", async () => {
    const guide = readFileSync(path.join(clone.folder, "docs", "DEPLOYMENT.md"), "utf8");
    const files = codeBlocksOf(guide).filter(({ language }) => language === "yaml");
    const names = files.map(({ code }, index) => {
      const name = `guide-${index}.yml`;
      writeFileSync(path.join(clone.folder, name), code);
      return name;
    });
    expect(names).toHaveLength(2);
    env["POSTGRES_PASSWORD"] = "a-password";
    const all = ["docker-compose.yml", ...names].flatMap((name) => ["-f", name]);
    const whole = await compose(...all, "config");
    expect(whole).toContain("TOKENHUB_DEPLOYMENT: production");
    expect(whole).toContain("postgres://tokenhub:a-password@postgres:5432/tokenhub");
  });

  it("S4-39: the compose file of the first container generation works as printed", async () => {
    const example = `version: '3.8'

services:
  tokenhub:
    build: .
    ports:
      - "8080:8080"
    environment:
      - TOKENHUB_ENCRYPTION_KEY=\${TOKENHUB_ENCRYPTION_KEY}
      - OPENAI_API_KEY=\${OPENAI_API_KEY}
      - ANTHROPIC_API_KEY=\${ANTHROPIC_API_KEY}
    volumes:
      - ./config.json:/config.json:ro
    command: ["/tokenhub", "-config", "/config.json"]
    restart: unless-stopped
`;
    const port = env["TOKENHUB_PORT"] ?? "";
    writeFileSync(path.join(clone.folder, "old.yml"), example.replace('"8080:8080"', `"${port}:8080"`));
    copyFileSync(sampleFile("multi-provider.json"), path.join(clone.folder, "config.json"));
    const old = (...argv: string[]): Promise<string> => compose("-f", "old.yml", ...argv);
    env["TOKENHUB_ENCRYPTION_KEY"] = "ab".repeat(32);
    env["OPENAI_API_KEY"] = "your-openai-key";
    try {
      await old("up", "-d");
      await untilHealthy(url);
      await until("its key", async () => (await old("logs", "tokenhub")).includes("API key"), 30_000);
      const bearer = /API key +(\S+)/.exec(await old("logs", "tokenhub"))?.[1] ?? "";
      const { json } = await ask(`${url}/v1/models`, { bearer });
      const ids = (json["data"] as { id: string }[]).map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(["gpt-4", "llama-local"]));
    } finally {
      await old("down", "-v", "-t", "20");
    }
  });
});
