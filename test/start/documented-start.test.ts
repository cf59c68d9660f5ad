import { credentialHash, compose as composeMockLlm, defaultConfig, type MockLlm } from "@tokenhub/mock-llm";
import { productVariables } from "@tokenhub/config";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readSettings } from "../../scripts/start/read-settings.ts";
import { sampleFile } from "../../scripts/smoke/run-scenario.ts";
import { createStandInStack, survivors, type StartedCommand } from "./stand-in-stack.ts";

const root = path.dirname(path.dirname(import.meta.dirname));
const running = "Stop it with Ctrl-C";

let upstream: MockLlm;
beforeAll(async () => {
  upstream = await composeMockLlm({ ...defaultConfig, port: 0 });
});
afterAll(() => upstream[Symbol.asyncDispose]());
beforeEach(() => upstream.clearCalls());

const upstreamUrls = (): NodeJS.ProcessEnv => ({
  TOKENHUB_OPENAI_BASE_URL: upstream.url,
  TOKENHUB_ANTHROPIC_BASE_URL: upstream.url,
});

function urlOf(command: StartedCommand): string {
  return /running at (\S+)/.exec(command.output())?.[1] ?? "none:";
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

const hello = { messages: [{ role: "user", content: "Hello" }] };

/** The calls for an answer; providers are also asked for their models now and then. */
const answersAsked = () => upstream.calls().filter(({ method }) => method === "POST");

/** One line of an error that somebody can act on, and no stack. */
async function expectRefusal(command: StartedCommand, ...mentions: readonly string[]): Promise<void> {
  expect(await command.ended).toBe(1);
  for (const mention of mentions) expect(command.output()).toContain(mention);
  expect(command.output()).not.toMatch(/\n\s+at /);
}

test("S0-14, S2-49, S2-69, S3-54, S4-3, S4-4, S4-5, D8: without a file, every other variable present and empty, each provider is called with the key of its own variable, on SQLite", async () => {
  await using stack = createStandInStack();
  const kept = new Set(["TOKENHUB_PORT", "TOKENHUB_DATA_DIR"]);
  const empty = productVariables.filter(({ name }) => !kept.has(name)).map(({ name }) => [name, ""]);
  const command = stack.startReal([], {
    ...Object.fromEntries(empty),
    ...upstreamUrls(),
    OPENAI_API_KEY: "sk-of-openai",
    ANTHROPIC_API_KEY: "sk-of-anthropic",
  });
  await command.waitFor(running);
  for (const model of ["gpt-4", "claude-sonnet"]) {
    const { status, json } = await post(`${urlOf(command)}/v1/chat/completions`, { model, ...hello });
    expect([status, json["model"]]).toEqual([200, model]);
  }
  const [openai, anthropic] = answersAsked();
  expect(openai?.headers["authorization"]).toBe(`Bearer ${credentialHash("sk-of-openai")}`);
  expect(anthropic?.headers["x-api-key"]).toBe(credentialHash("sk-of-anthropic"));
  const database = path.join(stack.dataFolder, "tokenhub.db");
  expect(readFileSync(database).subarray(0, 15).toString()).toBe("SQLite format 3");
});

test("S4-6, S4-27, D16, S0-39, S2-67: -config reads the basic sample as printed; TOKENHUB_DB_PATH places the database", async () => {
  await using stack = createStandInStack();
  copyFileSync(sampleFile("basic.json"), path.join(stack.folder, "config.json"));
  const database = path.join(stack.folder, "elsewhere.db");
  const command = stack.startReal(["/tokenhub", "-config", "config.json"], {
    ...upstreamUrls(),
    OPENAI_API_KEY: "sk-of-openai",
    ANTHROPIC_API_KEY: "",
    TOKENHUB_HOST: "127.0.0.1",
    TOKENHUB_DB_PATH: database,
  });
  await command.waitFor(running);
  const { status, json } = await post(`${urlOf(command)}/v1/chat/completions`, hello);
  expect([status, json["model"]]).toEqual([200, "gpt-3.5-turbo"]);
  expect(answersAsked()).toHaveLength(1);
  expect(readFileSync(database).subarray(0, 15).toString()).toBe("SQLite format 3");
  expect(existsSync(path.join(stack.dataFolder, "tokenhub.db"))).toBe(false);
});

test("S0-21: `npm start` with a password does all set-up and takes that password, and no other, for the administration", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-npm-start-"));
  const child = spawn("npm", ["start"], {
    cwd: root,
    env: {
      ...process.env,
      TOKENHUB_ADMIN_PASSWORD: "your-secure-password",
      TOKENHUB_PORT: "0",
      TOKENHUB_DATA_DIR: path.join(folder, "data"),
      REDIS_URL: "",
    },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  try {
    await expect.poll(() => output, { timeout: 30_000 }).toContain(running);
    const url = `${/running at (\S+)/.exec(output)?.[1]}/admin/providers`;
    const body = { name: "my-provider", provider_type: "mock", api_key: "your-api-key" };
    const bearer = (password: string) => ({ authorization: `Bearer ${password}` });
    expect((await post(url, body, bearer("another-password"))).status).toBe(401);
    // The key is sealed, so the password has opened the vault as well.
    expect(await post(url, body, bearer("your-secure-password"))).toEqual({
      status: 200,
      json: { message: "Provider added successfully" },
    });
    expect(existsSync(path.join(folder, "data", "vault-password"))).toBe(false);
  } finally {
    const pid = Number(readFileSync(path.join(folder, "data", "redis", "redis.pid"), "utf8"));
    process.kill(-(child.pid ?? 0), "SIGINT");
    await once(child, "close");
    expect(await survivors([pid])).toEqual([]);
    rmSync(folder, { recursive: true });
  }
});

test("S0-37, S0-38, S2-65, S2-66, S3-71, S3-72: it listens on 127.0.0.1:8080, in the image on 0.0.0.0, or where it is told", async () => {
  const read = (environment: Record<string, string>) =>
    readSettings({ environment, configFile: null, root: import.meta.dirname, workingFolder: root });
  expect((await read({})).listen).toEqual({ host: "127.0.0.1", port: 8080 });
  expect((await read({ TOKENHUB_HOST: "0.0.0.0", TOKENHUB_PORT: "9000" })).listen).toEqual({
    host: "0.0.0.0",
    port: 9000,
  });
  expect(readFileSync(path.join(root, "Dockerfile"), "utf8")).toMatch(/\bTOKENHUB_HOST=0\.0\.0\.0\b/);
});

test(
  "S0-36, S2-64, S4-47, D3: production without a secret is refused with the variables to set; a local start is not",
  { timeout: 20_000 },
  async () => {
    await using stack = createStandInStack();
    const command = stack.startReal([], {
      TOKENHUB_DEPLOYMENT: "production",
      TOKENHUB_ADMIN_PASSWORD: "",
      TOKENHUB_ADMIN_TOKEN: "",
    });
    await expectRefusal(command, "TOKENHUB_ADMIN_PASSWORD", "TOKENHUB_ADMIN_TOKEN");
  },
);

test(
  "S4-2, D6: an encryption key that is none is refused by the name of its variable, without being repeated",
  { timeout: 20_000 },
  async () => {
    await using stack = createStandInStack();
    const command = stack.startReal([], { TOKENHUB_ENCRYPTION_KEY: "not-a-key" });
    await expectRefusal(command, "TOKENHUB_ENCRYPTION_KEY");
    expect(command.output()).not.toContain("not-a-key");
  },
);
