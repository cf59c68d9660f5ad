import { createKeyspace } from "@tokenhub/contracts";
import { uniquePrefix } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { sendLostAgain } from "./send-lost-again.ts";

let redis: Redis;
beforeAll(() => {
  redis = new Redis(inject("redisUrl"));
  return redis.ping();
});
afterAll(() => redis.disconnect());

const requestId = "req_0123456789abcdef";
const nowMs = 1_000_000;

/** Looks once at a job whose request was sent so long ago; gives how often it was sent again. */
async function timesSentAgain(
  store: (keyspace: ReturnType<typeof createKeyspace>) => Promise<unknown>,
  sentAgoMs: number,
): Promise<number> {
  const keyspace = createKeyspace(uniquePrefix());
  await store(keyspace);
  let times = 0;
  const entry = {
    job: { id: "job_1", requestId },
    sentAtMs: nowMs - sentAgoMs,
    submitAgain: () => Promise.resolve(void (times += 1)),
  };
  const deps = { running: new Map([["job_1", entry]]), redis, keyspace, now: () => nowMs };
  const onError = (error: unknown): never => {
    throw error instanceof Error ? error : new Error(String(error));
  };
  await sendLostAgain({ ...deps, onError });
  // Looking again at once must not send it once more.
  await sendLostAgain({ ...deps, onError });
  return times;
}

describe("the request of a running job", () => {
  it.each<[string, number, Parameters<typeof timesSentAgain>[0], number]>([
    ["of which nothing is left is sent again", 1, () => Promise.resolve(), 5_000],
    ["that was just sent is left alone", 0, () => Promise.resolve(), 500],
    [
      "whose body is there waits for its turn",
      0,
      (keys) => redis.set(keys.requestBody(requestId), "{}"),
      5_000,
    ],
    [
      "that became a run is the run's business",
      0,
      (keys) => redis.hset(keys.run("run_0123456789abcdef"), "v", 1),
      5_000,
    ],
    [
      "that is answered is left alone, however long ago",
      0,
      (keys) => redis.set(keys.result(requestId), "1\n{}\n"),
      500_000,
    ],
    [
      "on which nobody works for a minute is sent again",
      1,
      (keys) => redis.set(keys.requestBody(requestId), "{}"),
      61_000,
    ],
    [
      "whose holder's lease is over for a minute is sent again",
      1,
      async (keys) => {
        await redis.set(keys.requestBody(requestId), "{}");
        await redis.hset(keys.callRow(requestId), "leaseUntil", nowMs - 1);
      },
      61_000,
    ],
    [
      "at which a worker is at work is left alone, however long that takes",
      0,
      async (keys) => {
        await redis.set(keys.requestBody(requestId), "{}");
        await redis.hset(keys.callRow(requestId), "leaseUntil", nowMs + 1_000);
      },
      500_000,
    ],
  ])("%s", async (_what, expected, store, sentAgoMs) => {
    expect(await timesSentAgain(store, sentAgoMs)).toBe(expected);
  });
});
