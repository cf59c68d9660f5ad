import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { codeBlocksOf } from "../docs/code-block.ts";
import { root } from "../docs/docs-network.ts";
import { createEndpoint, send } from "./webhook-door.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts the page's receiver of a language; gives its next line of output, one by one. */
async function startReceiver(language: "js" | "python", environment: Readonly<Record<string, string>>) {
  const page = await readFile(join(root, "docs/WEBHOOKS.md"), "utf8");
  const [block] = codeBlocksOf(page).filter((one) => one.language === language);
  // Within the project, where the receiver finds its package.
  await mkdir(join(root, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(root, ".cache", "receiver-"));
  const file = join(folder, language === "js" ? "receiver.mjs" : "receiver.py");
  await writeFile(file, block?.code ?? "");
  const child = spawn(language === "js" ? process.execPath : "python3", [file], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (): Promise<string> => String((await lines.next()).value);
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;

// A machine without Python still shows that the other one works.
it.each(hasPython ? (["js", "python"] as const) : (["js"] as const))(
  "the receiver that docs/WEBHOOKS.md shows in %s takes what is genuine and refuses what is not",
  async (language) => {
    const asked = { url: network.url, apiKey: network.apiKey };
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    const { id, secret } = await createEndpoint(asked, url);
    const nextLine = await startReceiver(language, { PORT: String(port), WEBHOOK_SECRET: secret });
    expect(await nextLine()).toBe("listening");
    const taken = await send(asked, `/${id}/test`, { event_type: "job.succeeded" });
    expect(taken).toMatchObject({ status: 200, json: { success: true, status_code: 204 } });
    expect(await nextLine()).toMatch(/^job\.succeeded test_whd_/);
    await send(asked, `/${id}/rotate_secret`);
    const refused = await send(asked, `/${id}/test`, { event_type: "job.succeeded" });
    expect(refused.status).toBe(400);
    expect(String(refused.json.error?.["message"])).toContain("400");
  },
);
