import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { productVariables } from "@tokenhub/config";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { sampleFile } from "../../scripts/smoke/run-scenario.ts";
import { assembleImageContents, type ImageContents } from "./image-contents.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

let contents: ImageContents;
beforeAll(async () => {
  contents = await assembleImageContents();
});
afterAll(() => contents[Symbol.dispose]());
const read = (name: string): Promise<string> => readFile(path.join(root, name), "utf8");

interface Stage {
  readonly name: string;
  readonly base: string;
  readonly text: string;
}

async function stages(): Promise<Stage[]> {
  const parts = (await read("Dockerfile")).split(/^(?=FROM )/m).slice(1);
  return parts.map((text) => {
    const [, base = "", name = ""] = /^FROM (\S+)(?: AS (\S+))?/.exec(text) ?? [];
    return { name, base, text };
  });
}

/** A stage after all those it is built on. */
async function lineage(name: string): Promise<string> {
  const all = await stages();
  const texts: string[] = [];
  for (let stage = all.find((one) => one.name === name); stage;) {
    texts.unshift(stage.text);
    const { base } = stage;
    stage = all.find((one) => one.name === base);
  }
  return texts.join("\n");
}

const services = [
  "all",
  "gateway",
  "orchestrator-worker",
  "router-worker",
  "provider-worker",
  "webhook-worker",
].map((name) => `service-${name}`);

it("S0-15, S1-34, S3-41: one file with several stages builds every image; without arguments it is the whole product", async () => {
  const all = await stages();
  expect(all.length).toBeGreaterThan(3);
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining([...services, "packages"]));
  expect(all.at(-1)?.base).toBe("service-${SERVICE:-all}");
  expect(await read("Dockerfile")).toMatch(/^ARG SERVICE=$/m);
});

it.each(services)(
  "S3-42, S3-56: %s ends as a user without rights and is checked without a shell or a tool",
  async (name) => {
    const text = await lineage(name);
    expect([...text.matchAll(/^USER (\S+)$/gm)].at(-1)?.[1]).toBe("node");
    const check = [...text.matchAll(/^HEALTHCHECK .*CMD (.+)$/gm)].at(-1)?.[1] ?? "[]";
    expect(JSON.parse(check)[0]).toBe("node");
    expect(text).not.toMatch(/\bcurl\b|\bwget\b/);
    expect(text).toContain("rm -rf /usr/local/lib/node_modules");
  },
);

it("S3-43: the images hold production packages only, and the documented bounds are those that are tested", async () => {
  expect(await read("Dockerfile")).toContain("npm ci --omit=dev");
  expect(contents.packages).toEqual(expect.arrayContaining(["express", "bullmq", "zod"]));
  for (const tool of ["vitest", "typescript", "oxlint", "turbo", "knip"])
    expect(contents.packages).not.toContain(tool);
  const guide = await read("docs/DEPLOYMENT.md");
  const tested = await read("test/containers/image-size.ts");
  const bounds = [...tested.matchAll(/: (\d+),/g)].map((match) => match[1]);
  expect(bounds).toHaveLength(2);
  for (const bound of bounds) expect(guide).toContain(`${bound} MB`);
});

it("S3-48, S3-62, S4-2, S4-7, S4-39, D6: what the image holds, run as the image runs it, is enough: three variables, a mounted file, nothing else", async () => {
  const data = mkdtempSync(path.join(tmpdir(), "tokenhub-image-data-"));
  const config = path.join(data, "config.json");
  copyFileSync(sampleFile("multi-provider.json"), config);
  const child = spawn(
    process.execPath,
    [path.join(contents.folder, "scripts", "start.mjs"), "/tokenhub", "-config", config],
    {
      cwd: contents.folder,
      env: {
        PATH: process.env["PATH"],
        NODE_ENV: "production",
        NODE_COMPILE_CACHE: path.join(root, ".cache", "compile"),
        TOKENHUB_HOST: "0.0.0.0",
        TOKENHUB_PORT: "0",
        TOKENHUB_DATA_DIR: path.join(data, "data"),
        TOKENHUB_ENCRYPTION_KEY: "ab".repeat(32),
        OPENAI_API_KEY: "your-openai-key",
        ANTHROPIC_API_KEY: "",
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    },
  );
  onTestFinished(() => rmSync(data, { recursive: true }));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, "close");
  try {
    await expect.poll(() => output, { timeout: 30_000 }).toContain("Stop it with Ctrl-C");
    const url = /running at (\S+)/.exec(output)?.[1] ?? "none:";
    const key = /API key +(\S+)/.exec(output)?.[1] ?? "";
    const ask = (headers: Record<string, string>) =>
      fetch(`${url}/v1/models`, { headers, signal: AbortSignal.timeout(10_000) });
    expect((await ask({})).status).toBe(401);
    const answer = await ask({ authorization: `Bearer ${key}` });
    const { data: models } = (await answer.json()) as { data: { id: string }[] };
    expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(["gpt-4", "mock-gpt-4"]));
    expect(existsSync(path.join(data, "data", "tokenhub.db"))).toBe(true);
    // The encryption key serves as the vault's password, so none was made.
    expect(existsSync(path.join(data, "data", "vault-password"))).toBe(false);
    const added = await fetch(`${url}/admin/providers`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${await readFile(path.join(data, "data", "admin-token"), "utf8").then((text) => text.trim())}`,
      },
      body: JSON.stringify({ name: "sealed", provider_type: "mock", api_key: "your-api-key" }),
    });
    expect([added.status, await added.json()]).toEqual([200, { message: "Provider added successfully" }]);
  } finally {
    child.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  }
});

/** The text of one service of the compose file. */
async function composeService(name: string): Promise<string> {
  const section = /^services:\n([^]*?)^\S/m.exec(await read("docker-compose.yml"))?.[1] ?? "";
  return new RegExp(`^ {2}${name}:\\n(?: {4}.*\\n|\\n)*`, "m").exec(section)?.[0] ?? "";
}

it("S0-15, S0-20, S1-35, S2-78, S3-44, S3-63: the compose file asks for no .env, passes the password on and waits for what it needs", async () => {
  const text = await read("docker-compose.yml");
  expect(text).not.toContain("env_file");
  const bare = [...text.matchAll(/\$\{(\w+)(:-[^}]*)?\}/g)].filter(([, , value]) => value === undefined);
  expect(bare.map(([, name]) => name)).toEqual([]);
  const gateway = await composeService("gateway");
  expect(gateway).toContain("TOKENHUB_ADMIN_PASSWORD: ${TOKENHUB_ADMIN_PASSWORD:-}");
  expect(gateway).toMatch(/build:\n +context: \.\n/);
  expect(gateway).toContain("redis: { condition: service_healthy }");
  expect(text).toContain("restart: unless-stopped");
});

it("S1-38, S1-39: the port is 8080 of this machine only, and the example of an .env changes nothing unless it is edited", async () => {
  expect(await composeService("gateway")).toContain('ports: ["127.0.0.1:${TOKENHUB_PORT:-8080}:8080"]');
  const set = readFileSync(path.join(root, ".env.example"), "utf8").match(/^\w+=.+$/gm);
  expect(set).toBeNull();
});

it("S0-35: every secret that can be set reaches the gateway's container", async () => {
  const gateway = await composeService("gateway");
  const text = await read("docker-compose.yml");
  const secrets = productVariables.filter(
    ({ isSecret, name }) => isSecret && !/^(?:REDIS_URL|DATABASE_URL)$/.test(name),
  );
  expect(secrets.length).toBeGreaterThan(5);
  const missing = secrets.filter(({ name }) => !new RegExp(`^ +${name}: `, "m").test(gateway + text));
  expect(missing.map(({ name }) => name)).toEqual([]);
});
