import { until } from "@tokenhub/testkit";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createStandInStack, type StartedCommand } from "../start/stand-in-stack.ts";
import { adminCall, type Json } from "./insight-site.ts";

const root = join(import.meta.dirname, "..", "..");
const providerKey = "sk-of-a-provider-0123456789";

/** `npm run backup` or `npm run restore`, without npm. */
async function runScript(
  name: "backup" | "restore",
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn(process.execPath, [join(root, "scripts", `${name}.ts`), ...words], {
    cwd: root,
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
}

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-backup-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function urlOf(command: StartedCommand): Promise<string> {
  await command.waitFor("Stop it with Ctrl-C");
  return (/running at (\S+)/.exec(command.output())?.[1] ?? "").replace(/\/$/, "");
}

async function chat(
  url: string,
  { model, key }: { readonly model: string; readonly key: string },
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    signal: AbortSignal.timeout(20_000),
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: "Say hello" }] }),
  });
}

/** What two installations must have in common. */
async function contentOf(url: string, token: string): Promise<Json> {
  const get = async (path: string): Promise<Json> =>
    (await adminCall({ url }, { method: "GET", path, token })).json;
  return {
    models: ((await get("/models"))["items"] as Json[]).map(({ id, weight }) => ({ id, weight })),
    providers: ((await get("/providers"))["items"] as Json[]).map(({ id, type }) => ({ id, type })),
    keys: ((await get("/apikeys"))["items"] ?? (await get("/apikeys"))["keys"]) as unknown,
    secret: (await get("/vault/secrets/mine"))["value"],
    audit: ((await get("/audit?limit=1000"))["logs"] as Json[])
      // Every start opens the vault, which is in the log as a deed of the system.
      .filter(({ actor }) => (actor as Json)["kind"] !== "system")
      .map(({ action }) => action),
  };
}

describe("npm run backup, npm run restore", () => {
  it("S2-40, S1-22: while requests run, copy everything into one file from which an empty folder becomes the same installation", async () => {
    await using stack = createStandInStack();
    const url = await urlOf(stack.startReal());
    const token = (await readFile(join(stack.dataFolder, "admin-token"), "utf8")).trim();
    const admin = async (method: string, path: string, body?: unknown): Promise<Json> => {
      const { status, json } = await adminCall({ url }, { method, path, body, token });
      expect([path, status < 300, json]).toEqual([path, true, json]);
      return json;
    };
    await admin("POST", "/providers", { id: "added", type: "mock", api_key: providerKey });
    await admin("POST", "/models", { id: "added-model", provider_id: "added", weight: 7, enabled: true });
    await admin("PUT", "/vault/secrets/mine", { value: "what the vault holds" });
    const { key } = await admin("POST", "/apikeys", { name: "search team" });
    const ask = { model: "added-model", key: String(key) };
    await until("the new model", async () => (await chat(url, ask)).status === 200);
    await until("the first row", async () => Number((await admin("GET", "/requests"))["total"]) > 0);

    let isLoading = true;
    const statuses = new Set<number>();
    const load = (async () => {
      while (isLoading) statuses.add((await chat(url, ask)).status);
    })();
    const folder = await scratch();
    const file = join(folder, "copy.db");
    const backup = await runScript("backup", [file], { TOKENHUB_DATA_DIR: stack.dataFolder });
    isLoading = false;
    await load;
    expect(backup).toMatchObject({ code: 0, output: expect.stringContaining("verified") });
    expect([...statuses]).toEqual([200]);
    const before = await contentOf(url, token);
    const requestIds = ((await admin("GET", "/requests?direction=asc&limit=1"))["items"] as Json[]).map(
      ({ request_id }) => request_id,
    );
    // Neither file is for others to read, and the copy holds no secret in clear.
    expect((await readdir(folder)).toSorted()).toEqual(["copy.db", "copy.db.secrets.json"]);
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077).toBe(0);
    const copy = await readFile(file, "latin1");
    for (const secret of [providerKey, "what the vault holds", token, String(key)])
      expect(copy.includes(secret)).toBe(false);

    const target = join(folder, "restored");
    const restored = await runScript("restore", [file, target]);
    expect(restored).toMatchObject({
      code: 0,
      output: expect.stringContaining(`TOKENHUB_DATA_DIR=${target}`),
    });
    // It is not empty any more.
    const again = await runScript("restore", [file, target]);
    expect(again).toMatchObject({ code: 1, output: expect.stringContaining("is not empty") });
    const secondUrl = await urlOf(stack.startReal([], { TOKENHUB_DATA_DIR: target }));
    expect(await contentOf(secondUrl, token)).toEqual(before);
    const second = { url: secondUrl };
    expect(
      (await adminCall(second, { method: "GET", path: `/requests/${String(requestIds[0])}`, token })).status,
    ).toBe(200);
    expect((await chat(secondUrl, ask)).status).toBe(200);
  }, 120_000);

  it("refuse to write over a file, and to restore from one that is no backup, and leave both as they were", async () => {
    const folder = await scratch();
    const file = join(folder, "taken.db");
    await writeFile(file, "something");
    const data = join(folder, "data");
    await mkdir(data);
    const target = join(folder, "new");
    expect(await runScript("restore", [file, target])).toMatchObject({
      code: 1,
      output: expect.stringContaining("it is damaged or no SQLite file"),
    });
    expect(await runScript("backup", [file], { TOKENHUB_DATA_DIR: data })).toMatchObject({
      code: 1,
      output: expect.stringContaining("a file of that name exists"),
    });
    expect(await readFile(file, "utf8")).toBe("something");
    expect((await readdir(folder)).toSorted()).toEqual(["data", "taken.db"]);
  });

  it("say in one sentence how PostgreSQL is copied, and how they are used", async () => {
    const postgres = await runScript("backup", [], {
      DATABASE_URL: "postgres://user:hidden@db.test/tokenhub",
    });
    expect(postgres.code).toBe(1);
    expect(postgres.output).toContain("pg_dump");
    expect(postgres.output).not.toContain("hidden");
    for (const [name, words] of [
      ["backup", ["a", "b"]],
      ["backup", ["--all"]],
      ["restore", ["a"]],
    ] as const) {
      const { code, output } = await runScript(name, words);
      expect([code, output]).toEqual([1, expect.stringContaining(`npm run ${name} --`)]);
      expect(output.trim().split("\n")).toHaveLength(1);
    }
  });
});
