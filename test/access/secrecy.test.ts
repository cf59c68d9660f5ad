import { testClusterSecret, until, type TestNetwork } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createSecretHasher } from "../../apps/gateway/src/admission/secret-hasher.ts";
import { openAccessNetwork, type AccessNetwork } from "./access-network.ts";
import { chatDoor, doors, knock } from "./doors.ts";
import type { KeyAdmin } from "./key-admin.ts";

let site: AccessNetwork;
let network: TestNetwork;
let admin: KeyAdmin;
let redis: Redis;
beforeAll(async () => {
  const redisUrl = inject("redisUrl");
  site = await openAccessNetwork({ redisUrl });
  ({ network, admin } = site);
  redis = new Redis(redisUrl);
});
afterAll(async () => {
  redis?.disconnect();
  await site?.[Symbol.asyncDispose]();
});

const hasher = createSecretHasher(Buffer.from(testClusterSecret, "hex"));

/** Everything that lies in Redis under the network's prefix, as text. */
async function everythingInRedis(): Promise<string> {
  const parts: string[] = [];
  for await (const keys of redis.scanStream({ match: `*${network.redisPrefix}*`, count: 1_000 }))
    for (const key of keys as string[]) parts.push(key, JSON.stringify(await valueOf(key)));
  return parts.join("\n");
}

async function valueOf(key: string): Promise<unknown> {
  switch (await redis.type(key)) {
    case "string":
      return redis.get(key);
    case "hash":
      return redis.hgetall(key);
    case "list":
      return redis.lrange(key, 0, -1);
    case "set":
      return redis.smembers(key);
    case "zset":
      return redis.zrange(key, "0", "-1");
    case "stream":
      return redis.xrange(key, "-", "+");
    default:
      return null;
  }
}

it("S1d-26, S3-92: no key, hash or authorization header is in a log line, a job, an announcement, a row or an error", async () => {
  const announcements: string[] = [];
  const listener = redis.duplicate();
  listener.on("pmessage", (_pattern, channel: string, message: string) =>
    announcements.push(channel, message),
  );
  await listener.psubscribe(`*${network.redisPrefix}*`);

  const { id, key } = await admin.createKey({ rate_limit_rps: 1_000, monthly_budget_usd: 100 });
  const disabled = await admin.createKey({ enabled: false });
  const wrong = `tokenhub_${"f0".repeat(32)}`;
  expect((await knock(network, chatDoor, key)).status).toBe(200);
  const answers: string[] = [];
  // Held long enough that jobs, bodies and stream logs are still there when Redis is read.
  network.mock.plan("up-gpt", { latencyMs: 400 });
  const held = doors.map((door) => knock(network, door, key));
  await until("a call", () => network.mock.calls().length > 1);
  const during = await everythingInRedis();
  for (const answer of await Promise.all(held))
    answers.push(JSON.stringify([...answer.headers]), answer.text);
  for (const secret of [disabled.key, wrong, network.apiKey])
    for (const door of doors) {
      const answer = await knock(network, door, secret, { "x-api-key": secret });
      answers.push(JSON.stringify([...answer.headers]), answer.text);
    }
  await admin.call("POST", `/apikeys/${id}/rotate`, { grace_period: "1h" });
  const rows = await Promise.all(
    (["request_log", "audit_log", "spend", "settings"] as const).map((table) =>
      site.db.selectFrom(table).selectAll().execute(),
    ),
  );
  const places = {
    "Redis while requests run": during,
    "Redis afterwards": await everythingInRedis(),
    "what is published": announcements.join("\n"),
    "log lines": network.logLines.join(""),
    answers: answers.join("\n"),
    rows: JSON.stringify(rows),
    "the provider's requests": JSON.stringify(network.mock.calls()),
  };
  listener.disconnect();
  expect(during).toContain(id);
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(0);
    for (const secret of [key, disabled.key, wrong, network.apiKey]) {
      expect(text.includes(secret), `${place} has a key`).toBe(false);
      expect(text.includes(hasher.hash(secret)), `${place} has a hash`).toBe(false);
      expect(text.includes(secret.slice(9, 41)), `${place} has a part of a key`).toBe(false);
    }
  }
});
