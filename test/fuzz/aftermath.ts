import Database from "better-sqlite3";
import { createKeyspace } from "@tokenhub/contracts";
import { testApiKey, until } from "@tokenhub/testkit";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { administer } from "../admin/admin-client.ts";
import type { FuzzSite } from "./fuzz-site.ts";

const jobStates = ["wait", "paused", "active", "delayed", "prioritized", "waiting-children"];
const quietWithinMs = 30_000;

/** What is not as it should be once all answers are there: each a sentence. */
export async function findAftermath(site: FuzzSite): Promise<string[]> {
  const faults: string[] = [];
  await unlock(site);
  await site.keeper.restore({ keep: 0 });
  if ("polluted" in {}) faults.push("the prototype of every object was changed");
  try {
    await until("the queues to be empty", async () => (await jobsLeft(site)).length === 0, quietWithinMs);
  } catch {
    faults.push(`jobs are left in Redis: ${(await jobsLeft(site)).join(", ")}`);
  }
  const forever = await keysForever(site);
  if (forever.length > 0)
    faults.push(`keys of requests stay in Redis for ever: ${forever.slice(0, 5).join(", ")}`);
  const inFlight = await readInFlight(site);
  if (inFlight !== "0") faults.push(`requests count as in flight: ${inFlight}`);
  const chat = await askChat(site);
  if (chat !== 200) faults.push(`an ordinary request is answered with ${chat}`);
  const { status } = await administer(site.network, "GET", "/admin/v1/requests?limit=5", {
    headers: { "x-forwarded-for": "10.200.0.1" },
  });
  if (status !== 200) faults.push(`the log of requests is answered with ${status}`);
  const integrity = checkIntegrity(join(site.network.dataDirectory, "tokenhub.db"));
  if (integrity !== "ok") faults.push(`the database is damaged: ${integrity}`);
  return faults;
}

/** A lock-out of the fuzz may have to end first. */
async function unlock({ network, vaultPassword }: FuzzSite): Promise<void> {
  for (let tries = 0; tries < 10; tries += 1) {
    const { status, headers } = await administer(network, "POST", "/admin/v1/vault/unlock", {
      body: { admin_password: vaultPassword },
      headers: { "x-forwarded-for": "10.200.0.1" },
    });
    if (status !== 429) return;
    await sleep(Number(headers.get("retry-after") ?? "1") * 1_000);
  }
}

async function askChat({ network }: FuzzSite): Promise<number> {
  const response = await fetch(`${network.url}/v1/chat/completions`, {
    method: "POST",
    signal: AbortSignal.timeout(20_000),
    headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}` },
    body: JSON.stringify({ model: "gpt-test", messages: [{ role: "user", content: "Still there?" }] }),
  });
  await response.text();
  return response.status;
}

async function jobsLeft(site: FuzzSite): Promise<string[]> {
  const keys = await keysBelow(site, `${createKeyspace(site.network.redisPrefix).queuePrefix}:*`);
  return keys.filter((key) => jobStates.some((state) => key.endsWith(`:${state}`)));
}

/** Whatever belongs to one request goes away by itself. */
async function keysForever(site: FuzzSite): Promise<string[]> {
  const keys = (await keysBelow(site, `{${site.network.redisPrefix}}:*`)).filter((key) =>
    key.includes("req_"),
  );
  const lifetimes = await Promise.all(keys.map((key) => site.redis.ttl(key)));
  return keys.filter((_key, index) => lifetimes[index] === -1);
}

async function keysBelow({ redis }: FuzzSite, pattern: string): Promise<string[]> {
  const found: string[] = [];
  let cursor = "0";
  do {
    const [next, keys] = await redis.scan(cursor, "MATCH", pattern, "COUNT", 5_000);
    cursor = next;
    found.push(...keys);
  } while (cursor !== "0");
  return found;
}

async function readInFlight({ network }: FuzzSite): Promise<string> {
  const metrics = await (await fetch(`${network.url}/metrics`)).text();
  return /^tokenhub_requests_in_flight(?:\{[^}]*\})? (\S+)$/m.exec(metrics)?.[1] ?? "nothing";
}

function checkIntegrity(path: string): string {
  const database = new Database(path, { readonly: true });
  try {
    return String(database.pragma("integrity_check", { simple: true }));
  } finally {
    database.close();
  }
}
