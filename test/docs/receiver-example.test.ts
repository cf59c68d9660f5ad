import { freePort, startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { askerOf, chatOf, submit, type Ask } from "../jobs/job-client.ts";
import { codeBlocksOf } from "./code-block.ts";
import { root } from "./docs-network.ts";

let network: TestNetwork;
let ask: Ask;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  ask = askerOf(network);
});
afterAll(() => network[Symbol.asyncDispose]());

interface RunningReceiver {
  readonly url: string;
  /** What it has printed. */
  readonly lines: readonly string[];
}

/** Runs the receiver that the page shows. */
async function startReceiver(environment: Readonly<Record<string, string>>): Promise<RunningReceiver> {
  const page = await readFile(join(root, "docs/EXAMPLES.md"), "utf8");
  const [block] = codeBlocksOf(page).filter(({ language }) => language === "js");
  if (block === undefined) throw new Error("The page shows no receiver.");
  // Within the project, where the receiver finds its package.
  await mkdir(join(root, ".cache"), { recursive: true });
  const folder = await mkdtemp(join(root, ".cache", "receiver-"));
  await writeFile(join(folder, "receiver.mjs"), block.code);
  const child = spawn(process.execPath, [join(folder, "receiver.mjs")], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  });
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => lines.push(line));
  await once(output, "line");
  return { url: `http://127.0.0.1:${environment["PORT"]}/`, lines };
}

it("the receiver that docs/EXAMPLES.md shows takes each end of a job once, and refuses what is not ours", async () => {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/`;
  const endpoint = await ask("/v1/webhook_endpoints", {
    body: { name: "the page's", url, event_types: ["job.succeeded"] },
  });
  const secret = String(endpoint.json["signing_secret"]);
  const receiver = await startReceiver({ PORT: port, WEBHOOK_SECRET: secret });
  expect(receiver.lines).toEqual(["listening"]);

  const first = await submit(ask, chatOf("gpt-test"));
  await until("the first end", () => receiver.lines.includes(`job.succeeded ${first.id}`));
  const deliveries = `/v1/webhook_endpoints/${endpoint.id}/deliveries`;
  const delivery = await until("its delivery to be written down", async () =>
    (await deliveriesAt(deliveries)).find(({ state }) => state === "delivered"),
  );
  const again = await ask(`${deliveries}/${delivery.id}/redeliver`, { method: "POST" });
  expect(again.status).toBe(202);
  await until("the repeat to be taken", async () => {
    const [repeated] = await deliveriesAt(deliveries);
    return (
      repeated?.attempts.length === 2 && repeated.attempts.every(({ status_code }) => status_code === 204)
    );
  });
  const second = await submit(ask, chatOf("gpt-test"));
  await until("the second end", () => receiver.lines.includes(`job.succeeded ${second.id}`));
  expect(receiver.lines).toEqual(["listening", `job.succeeded ${first.id}`, `job.succeeded ${second.id}`]);

  const forged = { method: "POST", body: "{}", headers: { "webhook-id": "evt_1" } } as const;
  expect((await fetch(receiver.url, forged)).status).toBe(400);
  expect((await fetch(receiver.url, { ...forged, body: "x".repeat(70_000) })).status).toBe(413);
});

interface LoggedDelivery {
  readonly id: string;
  readonly state: string;
  readonly attempts: readonly { readonly status_code: number | null }[];
}

async function deliveriesAt(path: string): Promise<readonly LoggedDelivery[]> {
  return (await ask(path)).json["data"] as readonly LoggedDelivery[];
}
