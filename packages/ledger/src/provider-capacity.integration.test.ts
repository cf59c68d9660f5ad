import { createKeyspace, type CallAttempt } from "@tokenhub/contracts";
import { uniquePrefix } from "@tokenhub/testkit";
import fc from "fast-check";
import { Redis } from "ioredis";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createCallLedger, type CapacityNeed, type Claim } from "./call-ledger.ts";
import { readProviderHealth } from "./provider-health-store.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

const minuteMs = 60_000;
const neverMs = 3_600_000;

interface Visit {
  readonly atMs: number;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly tokens?: number;
  /** When the request was told to come back; absent: it is new. */
  readonly ticketMs?: number;
  readonly longestWaitMs?: number;
}

const scriptText = `${readFileSync(new URL("./scripts/provider-capacity.lua", import.meta.url), "utf8")}
  local wait, inLine = takeCapacity(KEYS[1], { requests = tonumber(ARGV[1]), tokens = tonumber(ARGV[2]) }, tonumber(ARGV[3]),
    { now = tonumber(ARGV[4]), ticket = tonumber(ARGV[5]), longestWait = tonumber(ARGV[6]), ttl = 60000 })
  return { wait, inLine and 1 or 0 }`;

/** The arithmetic of the claim on a clock of the test's own. */
function openCapacity() {
  const key = createKeyspace(uniquePrefix()).providerCapacity("p");
  return async (visit: Visit): Promise<{ waitMs: number; isInLine: boolean }> => {
    const { requestsPerMinute = 0, tokensPerMinute = 0, tokens = 0, longestWaitMs = neverMs } = visit;
    const [waitMs, inLine] = (await redis.eval(
      scriptText,
      1,
      key,
      requestsPerMinute,
      tokensPerMinute,
      tokens,
      1_700_000_000_000 + visit.atMs,
      visit.ticketMs === undefined ? "" : 1_700_000_000_000 + visit.ticketMs,
      longestWaitMs,
    )) as [number, number];
    return { waitMs, isInLine: inLine === 1 };
  };
}

interface Coming {
  readonly id: number;
  readonly atMs: number;
  readonly ticketMs?: number;
}

/** Lets requests arrive, sends those that wait back when they were told to, and gives who was let through when, in order. */
async function letThrough(
  arrivals: readonly number[],
  { requestsPerMinute, lateMs = () => 0 }: { requestsPerMinute: number; lateMs?: () => number },
): Promise<{ id: number; atMs: number }[]> {
  const visit = openCapacity();
  const coming: Coming[] = arrivals.map((atMs, id) => ({ id, atMs }));
  const passed: { id: number; atMs: number }[] = [];
  while (coming.length > 0) {
    coming.sort((one, other) => one.atMs - other.atMs);
    const [next] = coming.splice(0, 1);
    if (next === undefined) break;
    const { waitMs } = await visit({ ...next, requestsPerMinute });
    if (waitMs === 0) passed.push({ id: next.id, atMs: next.atMs });
    else {
      const ticketMs = next.ticketMs ?? next.atMs + waitMs;
      coming.push({ id: next.id, atMs: next.atMs + waitMs + lateMs(), ticketMs });
    }
  }
  return passed;
}

function mostInAnyMinute(times: readonly number[]): number {
  return Math.max(
    ...times.map((from) => times.filter((atMs) => atMs >= from && atMs < from + minuteMs).length),
  );
}

describe("the capacity of a provider", () => {
  it("S3-90: no 60 seconds see more requests than the limit, wherever they begin, and every one is let through", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 150_000 }), { minLength: 30, maxLength: 70 }),
        fc.integer({ min: 0, max: 3_000 }),
        async (requestsPerMinute, arrivals, lateMs) => {
          const passed = await letThrough(arrivals, { requestsPerMinute, lateMs: () => lateMs });
          expect(passed).toHaveLength(arrivals.length);
          expect(mostInAnyMinute(passed.map(({ atMs }) => atMs))).toBeLessThanOrEqual(requestsPerMinute);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("S3-90: a fifth of the limit goes at once, the rest one by one, in the order in which the requests came", async () => {
    const passed = await letThrough(
      Array.from({ length: 40 }, () => 0),
      { requestsPerMinute: 60 },
    );
    expect(passed.filter(({ atMs }) => atMs === 0)).toHaveLength(13);
    expect(passed.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    const gaps = passed.slice(13).map(({ atMs }, index) => atMs - (passed[12 + index]?.atMs ?? 0));
    for (const gapMs of gaps) expect(gapMs).toBeCloseTo(1_250, -1);
  });

  it("S3-90: a newcomer does not overtake those who wait", async () => {
    const visit = openCapacity();
    const limit = { requestsPerMinute: 1 };
    expect(await visit({ ...limit, atMs: 0 })).toMatchObject({ waitMs: 0 });
    expect(await visit({ ...limit, atMs: 0 })).toEqual({ waitMs: 60_000, isInLine: true });
    // What comes in belongs to the one who was told to come for it.
    expect(await visit({ ...limit, atMs: 59_999 })).toMatchObject({ waitMs: 75_001 });
    expect(await visit({ ...limit, atMs: 60_000, ticketMs: 60_000 })).toMatchObject({ waitMs: 0 });
  });

  it("S3-90: who comes back early keeps the place and is told the rest of the wait", async () => {
    const visit = openCapacity();
    const limit = { requestsPerMinute: 6 };
    const waits: number[] = [];
    for (let index = 0; index < 5; index += 1) waits.push((await visit({ ...limit, atMs: 0 })).waitMs);
    const last = waits.at(-1) ?? 0;
    expect(last).toBeGreaterThan(10_000);
    expect(await visit({ ...limit, atMs: 5_000, ticketMs: last })).toEqual({
      waitMs: last - 5_000,
      isInLine: true,
    });
  });

  it("S3-90: those in line who never come back do not hold up the others for long", async () => {
    const visit = openCapacity();
    const limit = { requestsPerMinute: 60 };
    for (let index = 0; index < 500; index += 1) await visit({ ...limit, atMs: 0 });
    expect((await visit({ ...limit, atMs: 1 })).waitMs).toBeGreaterThan(500_000);
    expect(await visit({ ...limit, atMs: 17_000 })).toMatchObject({ waitMs: 0 });
    expect(await visit({ ...limit, atMs: 17_001 })).toMatchObject({ waitMs: 0 });
  });

  it("S3-90: a wait that is too long takes no place in line", async () => {
    const visit = openCapacity();
    const limit = { requestsPerMinute: 1, longestWaitMs: 1_000 };
    await visit({ ...limit, atMs: 0 });
    expect(await visit({ ...limit, atMs: 0 })).toEqual({ waitMs: 60_000, isInLine: false });
    expect(await visit({ ...limit, atMs: 0, longestWaitMs: neverMs })).toEqual({
      waitMs: 60_000,
      isInLine: true,
    });
  });

  it("S3-90: tokens are limited like requests, and one request larger than the whole limit gets through alone", async () => {
    const visit = openCapacity();
    const limit = { tokensPerMinute: 1_000 };
    expect(await visit({ ...limit, atMs: 0, tokens: 150 })).toMatchObject({ waitMs: 0 });
    // 150 of 200 are gone; 800 come in per minute.
    expect(await visit({ ...limit, atMs: 0, tokens: 100 })).toMatchObject({ waitMs: 3_750 });
    const other = openCapacity();
    expect(await other({ ...limit, atMs: 0, tokens: 5_000 })).toMatchObject({ waitMs: 0 });
    expect(await other({ ...limit, atMs: 0, tokens: 1 })).toMatchObject({ waitMs: (4_801 / 800) * minuteMs });
  });

  it("S3-90: whichever of the two limits is reached first holds", async () => {
    const visit = openCapacity();
    const limit = { requestsPerMinute: 60, tokensPerMinute: 1_000 };
    await visit({ ...limit, atMs: 0, tokens: 200 });
    expect((await visit({ ...limit, atMs: 0, tokens: 200 })).waitMs).toBe(15_000);
  });
});

const attempt: CallAttempt = {
  modelId: "m",
  providerId: "p",
  round: 0,
  startedAtMs: 1,
  called: true,
  durationMs: 2,
  failure: null,
};

function openLedger() {
  const keyspace = createKeyspace(uniquePrefix());
  const ledger = createCallLedger(redis, keyspace);
  let count = 0;
  const claim = async (
    need: Partial<CapacityNeed> | null,
    requestId = `req_${String((count += 1)).padStart(16, "0")}`,
  ): Promise<{ requestId: string; claim: Claim }> => {
    await redis.set(keyspace.requestBody(requestId), "{}", "NX");
    const capacity: CapacityNeed = {
      requestsPerMinute: null,
      tokensPerMinute: null,
      expectedTokens: 0,
      longestWaitMs: neverMs,
      coolDownWhenRefused: false,
      ...need,
    };
    const input = { requestId, providerId: "p", round: 0, token: requestId, incidentJson: "{}" };
    return { requestId, claim: await ledger.claim(need === null ? input : { ...input, capacity }) };
  };
  const commit = (requestId: string, usedTokens: number | null) =>
    ledger.commit({
      requestId,
      token: requestId,
      round: 0,
      providerId: "p",
      frameCount: 0,
      resultJson: "{}",
      body: "",
      factJson: "{}",
      incidentJson: "",
      replyTo: null,
      health: { kind: "none" },
      usedTokens,
    });
  const release = (requestId: string, usedTokens: number | null) =>
    ledger.release({
      requestId,
      token: requestId,
      providerId: "p",
      health: { kind: "none" },
      attempt,
      usedTokens,
    });
  const tokensLeft = async () => Number(await redis.hget(keyspace.providerCapacity("p"), "tokens"));
  const health = async () => (await readProviderHealth(redis, keyspace, ["p"])).get("p");
  return { keyspace, ledger, claim, commit, release, tokensLeft, health };
}

describe("a claim at a provider with limits", () => {
  it("S3-90: of many at once as many are made as the limit allows; the others are told one turn each", async () => {
    const { claim } = openLedger();
    const claims = await Promise.all(Array.from({ length: 60 }, () => claim({ requestsPerMinute: 60 })));
    const verdicts = claims.map((made) => made.claim);
    expect(verdicts.filter(({ kind }) => kind === "fresh")).toHaveLength(13);
    const turns = verdicts.flatMap((verdict) => (verdict.kind === "rate_limited" ? [verdict] : []));
    expect(turns).toHaveLength(47);
    expect(turns.every(({ isInLine }) => isInLine)).toBe(true);
    expect(new Set(turns.map(({ retryInMs }) => Math.round(retryInMs / 1_000))).size).toBeGreaterThan(40);
  });

  it("S3-90: a claim that has to wait claims nothing and succeeds in its turn", async () => {
    const { claim, keyspace } = openLedger();
    // 8 a second come in.
    const limit = { requestsPerMinute: 600 };
    await Promise.all(Array.from({ length: 121 }, () => claim(limit)));
    const { requestId, claim: first } = await claim(limit);
    expect(first).toMatchObject({ kind: "rate_limited", isInLine: true, history: [] });
    expect(await redis.hget(keyspace.callRow(requestId), "state")).toBeNull();
    expect(await redis.exists(keyspace.requestBody(requestId))).toBe(1);
    await expect
      .poll(async () => (await claim(limit, requestId)).claim, { timeout: 5_000, interval: 20 })
      .toMatchObject({ kind: "fresh", attempts: 1 });
  });

  it("S3-90: a cancelled request leaves the line at its next visit", async () => {
    const { claim, keyspace } = openLedger();
    await claim({ requestsPerMinute: 1 });
    const { requestId } = await claim({ requestsPerMinute: 1 });
    await redis.set(keyspace.cancelFlag(requestId), "1");
    expect((await claim({ requestsPerMinute: 1 }, requestId)).claim).toMatchObject({ kind: "cancelled" });
  });

  it("S3-90: a claim that has to wait does not use up the trial of an open breaker", async () => {
    const { claim, keyspace } = openLedger();
    await claim({ requestsPerMinute: 1 });
    await redis.hset(keyspace.providerHealth("p"), { breaker: "open", openedAtMs: 1 });
    expect((await claim({ requestsPerMinute: 1 })).claim.kind).toBe("rate_limited");
    expect(await redis.hget(keyspace.providerHealth("p"), "breaker")).toBe("open");
  });

  it("S3-90: tokens that were expected are settled with those that were used, whether the call succeeds or fails", async () => {
    const { claim, commit, release, tokensLeft } = openLedger();
    const need = { tokensPerMinute: 0.001 + 10_000, expectedTokens: 600 };
    const { requestId } = await claim(need);
    const left = await tokensLeft();
    expect(left).toBeCloseTo(1_400, 0);
    await commit(requestId, 100);
    expect((await tokensLeft()) - left).toBe(500);
    // A repeat after a lost reply settles nothing again.
    await commit(requestId, 100);
    expect((await tokensLeft()) - left).toBe(500);

    const longer = await claim(need);
    const before = await tokensLeft();
    await commit(longer.requestId, 2_600);
    expect((await tokensLeft()) - before).toBe(-2_000);

    const refused = openLedger();
    const failed = await refused.claim(need);
    await refused.release(failed.requestId, 0);
    expect(await refused.tokensLeft()).toBeCloseTo(2_000, 0);
    const unknown = await refused.claim(need);
    await refused.release(unknown.requestId, null);
    expect(await refused.tokensLeft()).toBeCloseTo(1_400, -1);
    await release(requestId, 0);
  });

  it("S3-90: a provider without limits leaves no trace, and what is kept for the others goes by itself", async () => {
    const { claim, keyspace, commit } = openLedger();
    const free = await claim(null);
    expect(free.claim.kind).toBe("fresh");
    await commit(free.requestId, 10);
    expect(await redis.exists(keyspace.providerCapacity("p"))).toBe(0);
    await claim({ requestsPerMinute: 5 });
    expect(await redis.pttl(keyspace.providerCapacity("p"))).toBeGreaterThan(60_000);
  });

  it("S1-60, S1d-7: a request that will not wait cools the provider down for those after it, where they have a choice", async () => {
    const { claim, health } = openLedger();
    const need = { requestsPerMinute: 2, longestWaitMs: 1_000 };
    await claim(need);
    expect((await claim(need)).claim).toMatchObject({ kind: "rate_limited", isInLine: false });
    expect(await health()).toBeUndefined();
    const startedAtMs = Date.now();
    const { claim: refused } = await claim({ ...need, coolDownWhenRefused: true });
    const retryInMs = refused.kind === "rate_limited" ? refused.retryInMs : 0;
    const { cooldownUntilMs = 0, breaker } = (await health()) ?? {};
    expect(breaker).toBe("closed");
    expect(Math.abs(cooldownUntilMs - startedAtMs - (retryInMs - 1_000))).toBeLessThan(1_000);
  });

  it("S1-60: a provider that said that its limit is used up cools down; a longer cool-down stays", async () => {
    const { ledger, health } = openLedger();
    const startedAtMs = Date.now();
    await ledger.coolDown("p", 30_000);
    await ledger.coolDown("p", 5_000);
    const { cooldownUntilMs = 0, consecutiveErrors } = (await health()) ?? {};
    expect(consecutiveErrors).toBe(0);
    expect(Math.abs(cooldownUntilMs - startedAtMs - 30_000)).toBeLessThan(2_000);
  });
});
