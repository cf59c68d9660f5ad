import { createKeyspace } from "@tokenhub/contracts";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createAnswerStore, type AnswerQuestion } from "./answer-store.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

function openStore() {
  const keyspace = createKeyspace(uniquePrefix());
  const store = createAnswerStore(redis, keyspace);
  const open = (requestId: string, changes: Partial<AnswerQuestion> = {}) =>
    store.open({ hash: "h", requestId, flightTtlMs: 10_000, maxAgeMs: 60_000, ...changes });
  const keep = (leaderId: string, text: string, ttlMs = 60_000) =>
    store.end({ hash: "h", leaderId, keep: { text, ttlMs } });
  return { keyspace, store, open, keep };
}

describe("the store of kept answers", () => {
  it("S3-91: lets exactly one of many identical requests lead; the others learn whom to follow", async () => {
    const { open } = openStore();
    const sources = await Promise.all(Array.from({ length: 50 }, (_, index) => open(`req_${index}`)));
    expect(sources.filter(({ kind }) => kind === "lead")).toHaveLength(1);
    const leader = sources.findIndex(({ kind }) => kind === "lead");
    expect(sources.filter(({ kind }) => kind === "follow")).toEqual(
      Array.from({ length: 49 }, () => ({ kind: "follow", leaderId: `req_${leader}` })),
    );
  });

  it("S3-91: gives what was kept to everybody until it runs out", async () => {
    const { open, keep } = openStore();
    await open("req_a");
    await keep("req_a", "line one\nline two", 80);
    expect(await open("req_b")).toMatchObject({ kind: "kept", text: "line one\nline two" });
    await until("the entry to run out", async () => (await open("req_c")).kind === "lead");
  });

  it("S3-91: an answer older than the request accepts is fetched anew", async () => {
    const { open, keep } = openStore();
    await keep("req_a", "old");
    await until("the answer to age", async () => (await open("req_b", { maxAgeMs: 5 })).kind === "lead");
    expect(await open("req_c")).toMatchObject({ kind: "kept", text: "old" });
  });

  it("S3-91: another form of the answer comes first", async () => {
    const { open, store, keep } = openStore();
    await keep("req_a", "own");
    expect(await open("req_b", { otherHashes: ["other"] })).toMatchObject({ text: "own" });
    await store.end({ hash: "other", leaderId: "req_c", keep: { text: "other", ttlMs: 1_000 } });
    expect(await open("req_b", { otherHashes: ["other"] })).toMatchObject({ text: "other" });
  });

  it("S3-91: a leader that ends without an answer makes room for the next; one that is late does not end another's flight", async () => {
    const { open, store, keyspace } = openStore();
    await open("req_a");
    await store.end({ hash: "h", leaderId: "req_a", keep: null });
    expect(await open("req_b")).toEqual({ kind: "lead" });
    await store.end({ hash: "h", leaderId: "req_a", keep: null });
    expect(await open("req_c")).toEqual({ kind: "follow", leaderId: "req_b" });
    expect(await redis.exists(keyspace.cacheEntry("h"))).toBe(0);
  });

  it("S3-91: a leader that is never heard of again loses its place", async () => {
    const { open } = openStore();
    await open("req_a", { flightTtlMs: 40 });
    expect((await open("req_b")).kind).toBe("follow");
    await until("the flight to run out", async () => (await open("req_b")).kind === "lead");
  });

  it("S3-91: whoever waits sees the answer, the leader's result, or that nobody leads any more", async () => {
    const { open, store, keep, keyspace } = openStore();
    await open("req_a");
    const watch = () => store.watch({ hash: "h", leaderId: "req_a" });
    expect(await watch()).toEqual({ text: null, leaderId: "req_a", result: null });
    await redis.set(keyspace.result("req_a"), "0\n{}\nbody");
    expect(await watch()).toMatchObject({ result: "0\n{}\nbody" });
    await keep("req_a", "answer");
    expect(await watch()).toMatchObject({ text: "answer", leaderId: null });
  });
});
