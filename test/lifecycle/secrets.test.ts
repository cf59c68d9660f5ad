import { testApiKey, until, upstreamKey } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { ask, type Answer } from "./ask.ts";
import { rowOf } from "./request-rows.ts";
import { openSite, type Site } from "./site.ts";

const wrongKey = "tokenhub_wrong_key_that_somebody_tried";
const prompt = "the-secret-plan-of-the-caller";

/** Every key and value of the installation in Redis, as text. */
async function dumpRedis({ redis, keyspace }: Site): Promise<string> {
  const prefix = keyspace.queuePrefix.slice(0, keyspace.queuePrefix.indexOf(":"));
  const keys: string[] = [];
  let cursor = "0";
  do {
    const [next, batch] = await redis.scan(cursor, "MATCH", `${prefix}*`, "COUNT", 500);
    keys.push(...batch);
    cursor = next;
  } while (cursor !== "0");
  const values = await Promise.all(keys.map(async (key) => [key, await readValue(redis, key)]));
  return JSON.stringify(values);
}

async function readValue(redis: Redis, key: string): Promise<unknown> {
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

async function dumpFiles(directory: string): Promise<string> {
  const names = (await readdir(directory)).filter((name) => name !== "config.json");
  expect(names).toContain("tokenhub.db");
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "latin1")));
  return texts.join("\n");
}

it("provider keys and API keys appear in no log line, in nothing Redis holds or passes on, in no file and in no answer", async () => {
  await using site = await openSite({ redisUrl: inject("redisUrl") });
  const published: string[] = [];
  const listener = new Redis(inject("redisUrl"));
  await using _listener = { [Symbol.asyncDispose]: async () => listener.disconnect() };
  listener.on("pmessage", (_pattern, channel: string, message: string) => published.push(channel + message));
  await listener.psubscribe("*");
  const gateway = await site.startAll();

  // A provider that quotes the key it was sent, in every kind of error.
  const quote = `Incorrect API key provided: ${upstreamKey}. Header was Bearer ${upstreamKey}`;
  const answers: Answer[] = [];
  const dumps: string[] = [];
  for (const status of [400, 401, 404, 429, 500]) {
    site.mock.plan("up-gpt", {
      steps: [{ kind: "status", status, message: quote, code: upstreamKey, type: upstreamKey, repeat: true }],
    });
    answers.push(
      await ask(gateway, {
        model: "gpt-test",
        content: prompt,
        wishes: { allow_fallback: status === 401 },
        headers: { "x-tokenhub-timeout-ms": "3000" },
      }),
    );
    dumps.push(await dumpRedis(site));
  }
  site.mock.plan("up-claude", { steps: [{ kind: "error_in_200", message: quote, afterTokens: 2 }] });
  answers.push(await ask(gateway, { model: "claude-test", content: prompt, stream: true }));
  answers.push(await ask(gateway, { model: "claude-test", content: prompt, format: "anthropic" }));
  answers.push(
    await ask(gateway, { model: "claude-test", headers: { authorization: `Bearer ${wrongKey}` } }),
  );
  answers.push(await ask(gateway, { model: "claude-test", headers: { "x-api-key": testApiKey } }));

  // While jobs wait and run, their records are in Redis.
  site.mock.plan("up-claude", { latencyMs: 400 });
  const running = Array.from({ length: 5 }, () => ask(gateway, { model: "claude-test", content: prompt }));
  await until("the calls", () => site.mock.inFlight === 5);
  const inFlight = await dumpRedis(site);
  expect(inFlight).toContain(prompt);
  dumps.push(inFlight);
  answers.push(...(await Promise.all(running)));
  const last = answers.at(-1)?.requestId ?? "";
  await rowOf(site, last);
  dumps.push(await dumpRedis(site));

  const { logLines } = site;
  expect(logLines.join("")).toContain(last);
  expect(published.join("")).toContain(last);
  const places = {
    logLines: logLines.join(""),
    redis: dumps.join(""),
    published: published.join(""),
    files: await dumpFiles(site.directory),
    answers: answers.map(({ raw, headers }) => raw + JSON.stringify([...headers])).join(""),
  };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of [upstreamKey, testApiKey, wrongKey])
      expect({ place, holds: text.includes(secret) ? secret : null }).toEqual({ place, holds: null });
  }
  expect(places.logLines).not.toContain(prompt);
  expect(places.files).not.toContain(prompt);
});
