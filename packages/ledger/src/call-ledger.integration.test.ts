import { createKeyspace, decodeStoredResult, type CallAttempt } from "@tokenhub/contracts";
import { uniquePrefix, until } from "@tokenhub/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createCallLedger, defaultLedgerSettings, type CommitInput } from "./call-ledger.ts";

const redis = new Redis(inject("redisUrl"));
const subscriber = new Redis(inject("redisUrl"));
afterAll(() => {
  redis.disconnect();
  subscriber.disconnect();
});

const requestId = "req_0123456789abcdef01234567";
const attempt: CallAttempt = {
  modelId: "m",
  providerId: "p",
  round: 0,
  startedAtMs: 1,
  called: true,
  durationMs: 2,
  failure: null,
};

async function setup(settings = {}) {
  const keyspace = createKeyspace(uniquePrefix());
  const ledger = createCallLedger(redis, keyspace, { ...defaultLedgerSettings, ...settings });
  await redis.set(keyspace.requestBody(requestId), '{"model":"m"}');
  const claim = (token: string, round = 0) =>
    ledger.claim({ requestId, providerId: "p", round, token, incidentJson: '{"incident":true}' });
  const commit = (token: string, changes: Partial<CommitInput> = {}) =>
    ledger.commit({
      requestId,
      token,
      round: 0,
      providerId: "p",
      frameCount: 0,
      resultJson: '{"result":1}',
      body: "answer",
      factJson: '{"fact":1}',
      incidentJson: '{"late":true}',
      replyTo: null,
      health: { kind: "none" },
      ...changes,
    });
  const facts = async () => (await redis.xrange(keyspace.facts, "-", "+")).map(([, fields]) => fields);
  return { keyspace, ledger, redis, claim, commit, facts };
}

describe("claim", () => {
  it("gives the body and the right to call to the first worker only", async () => {
    const { claim } = await setup();
    expect(await claim("a")).toMatchObject({
      kind: "fresh",
      bodyText: '{"model":"m"}',
      attempts: 1,
      attemptsOnRound: 1,
      ambiguousCalls: 0,
    });
    expect(await claim("b")).toMatchObject({ kind: "busy" });
  });

  it("lets exactly one of many simultaneous claims through", async () => {
    const { claim } = await setup();
    const kinds = (await Promise.all(Array.from({ length: 50 }, (_, index) => claim(`t${index}`)))).map(
      (answer) => answer.kind,
    );
    expect(kinds.filter((kind) => kind === "fresh")).toHaveLength(1);
    expect(kinds.filter((kind) => kind === "busy")).toHaveLength(49);
  });

  it("reports a call whose holder died as ambiguous and records the incident", async () => {
    const { claim, facts } = await setup({ leaseMs: 20 });
    await claim("dead");
    const again = await until("the lease to run out", async () => {
      const answer = await claim("next");
      return answer.kind === "busy" ? null : answer;
    });
    expect(again).toMatchObject({ kind: "ambiguous", attempts: 2, ambiguousCalls: 1 });
    expect(await facts()).toEqual([["fact", '{"incident":true}']]);
  });

  it("refuses a call that has a result, and never hands out its body again", async () => {
    const { claim, commit } = await setup();
    await claim("a");
    await commit("a");
    expect(await claim("b")).toEqual({ kind: "done" });
  });

  it("refuses a cancelled request", async () => {
    const { claim, keyspace } = await setup();
    await redis.set(keyspace.cancelFlag(requestId), "1");
    expect(await claim("a")).toEqual({ kind: "cancelled", history: [] });
  });

  it("lets a later round take over at once and turns the earlier one away", async () => {
    const { claim } = await setup();
    await claim("a", 0);
    expect(await claim("b", 1)).toMatchObject({
      kind: "fresh",
      attempts: 2,
      attemptsOnRound: 1,
      ambiguousCalls: 0,
    });
    expect(await claim("c", 0)).toEqual({ kind: "superseded" });
  });

  it("does not repeat a stream of which a reader may hold frames", async () => {
    const { claim, ledger } = await setup({ leaseMs: 20 });
    await claim("dead");
    await ledger.appendFrame({ requestId, token: "dead", sequence: 0, text: "data: x\n\n", replyTo: null });
    const again = await until("the lease to run out", async () => {
      const answer = await claim("next");
      return answer.kind === "busy" ? null : answer;
    });
    expect(again).toMatchObject({ kind: "interrupted", attempts: 1, ambiguousCalls: 1 });
  });

  it("keeps the failed attempts for whoever ends the request", async () => {
    const { claim, ledger } = await setup();
    await claim("a");
    await ledger.release({ requestId, token: "a", providerId: "p", health: { kind: "none" }, attempt });
    await claim("b");
    await ledger.release({
      requestId,
      token: "b",
      providerId: "p",
      health: { kind: "none" },
      attempt: { ...attempt, durationMs: 3 },
    });
    expect(await claim("c")).toMatchObject({
      kind: "fresh",
      attempts: 3,
      attemptsOnRound: 3,
      history: [attempt, { ...attempt, durationMs: 3 }],
    });
  });

  it("keeps the attempts of earlier rounds to their jobs, so that nobody counts them twice", async () => {
    const { claim, ledger } = await setup();
    const fail = (token: string) =>
      ledger.release({ requestId, token, providerId: "p", health: { kind: "none" }, attempt });
    await claim("a", 0);
    await fail("a");
    expect(await claim("b", 1)).toMatchObject({ kind: "fresh", attempts: 2, history: [] });
    await fail("b");
    expect(await claim("c", 1)).toMatchObject({ kind: "fresh", attempts: 3, history: [attempt] });
  });

  it("tells the failed attempts also to whom it refuses the call", async () => {
    const { claim, ledger, keyspace } = await setup();
    await claim("a");
    await ledger.release({ requestId, token: "a", providerId: "p", health: { kind: "none" }, attempt });
    await redis.hset(keyspace.providerHealth("p"), { breaker: "open", openedAtMs: Date.now() });
    expect(await claim("b")).toMatchObject({ kind: "breaker_open", history: [attempt] });
    await redis.set(keyspace.cancelFlag(requestId), "1");
    expect(await claim("b")).toEqual({ kind: "cancelled", history: [attempt] });
  });

  it("says so when the stored body is gone", async () => {
    const { claim, keyspace } = await setup();
    await redis.del(keyspace.requestBody(requestId));
    expect(await claim("a")).toEqual({ kind: "body_lost", history: [] });
  });
});

describe("commit", () => {
  it("stores, records, cleans up and announces in one step", async () => {
    const { claim, commit, keyspace, facts } = await setup();
    const messages: string[] = [];
    subscriber.on(
      "message",
      (channel, message) => channel === keyspace.replyChannel("gw") && messages.push(message),
    );
    await subscriber.subscribe(keyspace.replyChannel("gw"));
    await claim("a");
    expect(await commit("a", { replyTo: "gw" })).toBe(true);
    expect(decodeStoredResult((await redis.get(keyspace.result(requestId))) ?? "")).toEqual({
      frameCount: 0,
      resultJson: '{"result":1}',
      body: "answer",
    });
    expect(await facts()).toEqual([["fact", '{"fact":1}', "result", '{"result":1}']]);
    expect(await redis.exists(keyspace.requestBody(requestId))).toBe(0);
    expect(await until("the announcement", () => messages[0])).toBe(
      `R\n${requestId}\n0\n{"result":1}\nanswer`,
    );
  });

  it("announces a large answer by a pointer", async () => {
    const { claim, commit, keyspace } = await setup({ inlineLimitBytes: 3 });
    const messages: string[] = [];
    subscriber.on(
      "message",
      (channel, message) => channel === keyspace.replyChannel("gw") && messages.push(message),
    );
    await subscriber.subscribe(keyspace.replyChannel("gw"));
    await claim("a");
    await commit("a", { replyTo: "gw" });
    expect(await until("the announcement", () => messages[0])).toBe(`P\n${requestId}`);
  });

  it("refuses a holder whose row was taken over, and records its paid answer as an incident", async () => {
    const { claim, commit, facts, keyspace } = await setup();
    await claim("zombie", 0);
    await claim("b", 1);
    expect(await commit("zombie")).toBe(false);
    expect(await redis.exists(keyspace.result(requestId))).toBe(0);
    expect(await facts()).toEqual([["fact", '{"late":true}']]);
  });

  it("writes a result once: the second end of a request is refused", async () => {
    const { claim, commit, keyspace } = await setup();
    await claim("a");
    await commit("a", { body: "first" });
    expect(await commit("", { body: "second", incidentJson: "" })).toBe(false);
    expect(decodeStoredResult((await redis.get(keyspace.result(requestId))) ?? "").body).toBe("first");
  });

  it("is harmless to repeat by the same holder after a lost reply", async () => {
    const { claim, commit, facts } = await setup();
    await claim("a");
    await commit("a");
    expect(await commit("a")).toBe(true);
    expect(await facts()).toHaveLength(1);
  });

  it("without a claim ends a free request, but not one that is being called", async () => {
    const { claim, commit } = await setup();
    expect(await commit("", { round: 0 })).toBe(true);
    const other = await setup();
    await other.claim("a");
    expect(await other.commit("", { round: 0 })).toBe(false);
    expect(await other.commit("", { round: 1 })).toBe(true);
    expect(await claim("z")).toEqual({ kind: "done" });
  });
});

describe("renew and appendFrame", () => {
  it("only serve the holder", async () => {
    const { claim, ledger } = await setup();
    await claim("a");
    expect(await ledger.renew(requestId, "a")).toBe(true);
    expect(await ledger.renew(requestId, "b")).toBe(false);
    const frame = { requestId, sequence: 0, text: "x", replyTo: null };
    expect(await ledger.appendFrame({ ...frame, token: "a" })).toBe("logged");
    expect(await ledger.appendFrame({ ...frame, token: "b", sequence: 1 })).toBe("lost");
  });

  it("keep the frames in their order, once each: one that overtook another has to come again, a repeat changes nothing", async () => {
    const { claim, ledger, redis, keyspace } = await setup();
    await claim("a");
    const append = (sequence: number) =>
      ledger.appendFrame({ requestId, token: "a", sequence, text: `frame ${sequence}`, replyTo: null });
    expect(await append(1)).toBe("out_of_turn");
    for (const sequence of [0, 0, 1, 2, 1]) expect(await append(sequence)).toBe("logged");
    const rows = await redis.xrange(keyspace.streamLog(requestId), "-", "+");
    expect(rows.map(([, fields]) => fields[3])).toEqual(["frame 0", "frame 1", "frame 2"]);
  });
});
