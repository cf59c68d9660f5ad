import { uniquePrefix, until } from "@tokenhub/testkit";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { openFollowBench, type FollowBench, type PlayedRun } from "./follow-bench.fixture.ts";
import type { FollowedEvent } from "./follow-events.ts";
import { followRun, type FollowDeps } from "./follow-run.ts";

function open(options: Partial<FollowDeps> = {}): FollowBench {
  const bench = openFollowBench({ redisUrl: inject("redisUrl"), prefix: uniquePrefix() }, options);
  onTestFinished(() => bench[Symbol.asyncDispose]());
  return bench;
}

const typesOf = (events: readonly FollowedEvent[]): string[] => events.map(({ type }) => type);

/**
 * What a client makes of events: the text of each call, and everything else in its order. Ids are left out: they say how
 * the texts of calls that run side by side were mixed for this client.
 */
function readingOf(events: readonly FollowedEvent[]) {
  const texts: Record<string, string> = {};
  for (const { type, data } of events) {
    const callId = String(data["call_id"]);
    if (type === "delta") texts[callId] = (texts[callId] ?? "") + String(data["text"]);
  }
  return { texts, others: events.flatMap(({ type, data }) => (type === "delta" ? [] : [{ type, data }])) };
}

/** Two calls one after the other, then two that run side by side. */
async function playThrough(run: PlayedRun): Promise<void> {
  await run.start("plan.1");
  for (const text of ["one ", "two ", "three"]) await run.say("plan.1", text);
  await run.finish("plan.1", "one two three");
  await run.start("vote.1");
  await run.start("vote.2");
  await run.say("vote.1", "A1 ");
  await run.say("vote.2", "B1 ");
  await run.say("vote.2", "B2");
  await run.say("vote.1", "A2");
  await run.finish("vote.2", "B1 B2");
  await run.decide({ winner: "vote.2" });
  await run.finish("vote.1", "A1 A2");
  await run.done();
}

describe("followRun", () => {
  it("tells a run live, in order, with ids, usage and the report at the end", async () => {
    const bench = open();
    const run = await bench.play();
    const { seen, ended } = bench.follow(run.runId);
    await run.start("plan.1");
    await until("the start", () => seen.length === 1);
    await run.say("plan.1", "Hello ");
    await until("the first words", () => seen.length === 2);
    expect(seen.map(({ id, type, data }) => [id, type, data])).toMatchObject([
      ["1", "phase_started", { call_id: "plan.1", phase: "plan", role: "plan-role", attempt: 1 }],
      ["1~1.6", "delta", { call_id: "plan.1", phase: "plan", text: "Hello " }],
    ]);
    await run.say("plan.1", "world");
    await run.finish("plan.1", "Hello world");
    await run.decide({ accepted: "yes" });
    await run.done();
    expect(await ended).toBe("done");
    expect(typesOf(seen)).toEqual(["phase_started", "delta", "delta", "phase_finished", "decision", "done"]);
    expect(seen[3]?.data).toMatchObject({
      status: "succeeded",
      model: "gpt-test",
      provider: "openai-up",
      output: "Hello world",
      finish_reason: "stop",
      error: null,
      usage: { input_tokens: 10, output_tokens: 20, total_tokens: 30 },
      cost_usd: 0.01,
    });
    expect(seen.at(-1)).toMatchObject({
      id: "4",
      data: {
        status: "succeeded",
        report: { id: run.runId, object: "orchestration", status: "succeeded", result: "Hello world" },
      },
    });
  });

  it("whoever resumes behind any event in turn gets exactly the rest: no gap, no repeat", async () => {
    const bench = open();
    const run = await bench.play();
    const live = bench.follow(run.runId);
    await playThrough(run);
    await live.ended;
    expect(readingOf(live.seen).texts).toEqual({
      "plan.1": "one two three",
      "vote.1": "A1 A2",
      "vote.2": "B1 B2",
    });
    for (const [index, { id }] of live.seen.entries()) {
      const resumed = bench.follow(run.runId, id ?? "");
      expect(await resumed.ended).toBe("done");
      const rest = readingOf(live.seen.slice(index + 1));
      expect([id, readingOf(resumed.seen)]).toEqual([id, rest]);
    }
  });

  it("resuming in the middle of the run joins it live, from every event, without the rest being told twice", async () => {
    const bench = open();
    const run = await bench.play();
    const live = bench.follow(run.runId);
    const followers: { from: number; follower: ReturnType<FollowBench["follow"]> }[] = [];
    const playing = playThrough(run);
    let known = 0;
    const spawn = (): void => {
      for (; known < live.seen.length; known += 1)
        followers.push({ from: known + 1, follower: bench.follow(run.runId, live.seen[known]?.id ?? "") });
    };
    const timer = setInterval(spawn, 1);
    await playing;
    await live.ended;
    clearInterval(timer);
    spawn();
    for (const { from, follower } of followers) {
      await follower.ended;
      expect(readingOf(follower.seen)).toEqual(readingOf(live.seen.slice(from)));
    }
    expect(followers.length).toBe(live.seen.length);
  });

  it("several followers see the same, early and late ones", async () => {
    const bench = open();
    const run = await bench.play();
    const early = [bench.follow(run.runId), bench.follow(run.runId), bench.follow(run.runId)];
    await playThrough(run);
    const late = bench.follow(run.runId);
    for (const follower of [...early, late]) await follower.ended;
    for (const { seen } of [...early, late]) expect(readingOf(seen)).toEqual(readingOf(early[0]?.seen ?? []));
    const phases = typesOf(late.seen).filter((type) => type !== "delta");
    expect(phases).toHaveLength(8);
  });

  it("texts lie between the start and the end of their phase, also for who comes late", async () => {
    const bench = open();
    const run = await bench.play();
    await playThrough(run);
    const { seen, ended } = bench.follow(run.runId);
    await ended;
    const openCalls = new Set<unknown>();
    const strays: unknown[] = [];
    for (const { type, data } of seen) {
      if (type === "phase_started") openCalls.add(data["call_id"]);
      if (type === "delta" && !openCalls.has(data["call_id"])) strays.push(data);
      if (type === "phase_finished") openCalls.delete(data["call_id"]);
    }
    expect(strays).toEqual([]);
    expect(readingOf(seen).texts["vote.2"]).toBe("B1 B2");
  });

  it("an announcement that got lost is read from the log, in its place, when the next one comes", async () => {
    const bench = open();
    const run = await bench.play();
    const { seen, ended } = bench.follow(run.runId);
    await run.start("plan.1");
    await run.say("plan.1", "a");
    await until("the first", () => seen.length === 2);
    await run.say("plan.1", "b", { isAnnounced: false });
    await run.say("plan.1", "c");
    await until("the third", () => readingOf(seen).texts["plan.1"] === "abc");
    await run.finish("plan.1", "abc");
    await run.done();
    await ended;
    expect(readingOf(seen).texts).toEqual({ "plan.1": "abc" });
  });

  it("announcements that stop coming are made up for by looking once in a while", async () => {
    const bench = open({ pollIntervalMs: 20 });
    const run = await bench.play();
    const { seen } = bench.follow(run.runId);
    await run.start("plan.1");
    await until("the start", () => seen.length === 1);
    await run.say("plan.1", "unheard", { isAnnounced: false });
    await until("the text", () => readingOf(seen).texts["plan.1"] !== undefined);
    expect(readingOf(seen).texts).toEqual({ "plan.1": "unheard" });
  });

  it("a subscription that dies costs nothing but a moment", async () => {
    const bench = open({ pollIntervalMs: 50 });
    const run = await bench.play();
    const { seen, ended } = bench.follow(run.runId);
    await run.start("plan.1");
    await until("the start", () => seen.length === 1);
    bench.subscriber.disconnect(true);
    for (const text of ["x", "y", "z"]) await run.say("plan.1", text);
    await run.finish("plan.1", "xyz");
    await run.done();
    await ended;
    expect(readingOf(seen).texts).toEqual({ "plan.1": "xyz" });
  });

  it("a call that did not stream is told whole, so that the texts always add up to the output", async () => {
    const bench = open();
    const run = await bench.play({ streamsCalls: false });
    await run.start("plan.1");
    await run.finish("plan.1", "all at once");
    await run.done();
    const { seen, ended } = bench.follow(run.runId);
    await ended;
    expect(typesOf(seen)).toEqual(["phase_started", "delta", "phase_finished", "done"]);
    expect(readingOf(seen).texts).toEqual({ "plan.1": "all at once" });
  });

  it("when the logs of the calls have run out, the rest comes from their answers, behind any event", async () => {
    const bench = open();
    const run = await bench.play();
    const live = bench.follow(run.runId);
    await playThrough(run);
    await live.ended;
    await run.dropStreams();
    for (const [index, { id }] of live.seen.entries()) {
      const resumed = bench.follow(run.runId, id ?? "");
      await resumed.ended;
      expect(readingOf(resumed.seen)).toEqual(readingOf(live.seen.slice(index + 1)));
    }
  });

  it("a call that fails keeps the text that came, and its phase names the error", async () => {
    const bench = open();
    const run = await bench.play();
    const { seen, ended } = bench.follow(run.runId);
    await run.start("plan.1");
    await run.say("plan.1", "half a");
    await run.fail("plan.1");
    await run.failRun();
    await ended;
    expect(readingOf(seen).texts).toEqual({ "plan.1": "half a" });
    expect(seen.at(-2)).toMatchObject({
      type: "phase_finished",
      data: { status: "failed", output: null, error: { code: "provider_error" } },
    });
    expect(seen.at(-1)).toMatchObject({
      type: "done",
      data: { status: "failed", report: { error: { code: "provider_error" } } },
    });
  });

  it("an end that a retry undid is told as `retried`, and the run goes on to its last `done`", async () => {
    const bench = open();
    const run = await bench.play();
    await run.start("plan.1");
    await run.fail("plan.1");
    const first = bench.follow(run.runId);
    await run.failRun();
    await first.ended;
    expect(first.seen.at(-1)?.type).toBe("done");
    await run.retry();
    const second = bench.follow(run.runId);
    const resumed = bench.follow(run.runId, first.seen.at(-1)?.id ?? "");
    await run.start("plan.1");
    await run.finish("plan.1", "better");
    await run.done();
    await second.ended;
    await resumed.ended;
    expect(typesOf(second.seen)).toEqual([
      "phase_started",
      "phase_finished",
      "retried",
      "decision",
      "phase_started",
      "delta",
      "phase_finished",
      "done",
    ]);
    expect(second.seen[2]?.data).toMatchObject({ status: "failed", error: { code: "provider_error" } });
    expect(resumed.seen).toEqual(second.seen.slice(3));
  });

  it("a follower that does not read holds no more than a piece, and still gets everything", async () => {
    const bench = open();
    const run = await bench.play();
    await run.start("plan.1");
    const controller = new AbortController();
    const events = followRun(bench.deps, { runId: run.runId, signal: controller.signal });
    await events.next();
    const piece = "x".repeat(10_000);
    for (let count = 0; count < 100; count += 1) await run.say("plan.1", piece);
    await run.finish("plan.1", piece.repeat(100));
    await run.done();
    let chars = 0;
    let longest = 0;
    for await (const batch of events) {
      const sizes = batch.map(({ type, data }) => (type === "delta" ? String(data["text"]).length : 0));
      const size = sizes.reduce((sum, one) => sum + one, 0);
      chars += size;
      longest = Math.max(longest, size);
    }
    expect(chars).toBe(1_000_000);
    expect(longest).toBeLessThanOrEqual(640_000);
  });

  it("tells when the store has lost the run", async () => {
    const bench = open({ pollIntervalMs: 5 });
    const run = await bench.play();
    const { seen, ended } = bench.follow(run.runId);
    await run.start("plan.1");
    await until("the start", () => seen.length === 1);
    await run.drop();
    expect(await ended).toBe("gone");
  });

  it("refuses an id of a future that the run does not have", async () => {
    const bench = open();
    const run = await bench.play();
    await run.start("plan.1");
    await expect(bench.follow(run.runId, "9").ended).rejects.toMatchObject({ code: "invalid_request" });
  });

  it("leaves the channel with its last follower, and listens to no run that nobody follows", async () => {
    const bench = open();
    const run = await bench.play();
    const channel = bench.keyspace.replyChannel(run.runId);
    const listening = async (): Promise<number> => {
      const [, count] = await bench.redis.pubsub("NUMSUB", channel);
      return Number(count);
    };
    const first = bench.follow(run.runId);
    const second = bench.follow(run.runId);
    await until("the subscription", async () => (await listening()) === 1);
    first.stop();
    expect(await first.ended).toBe("aborted");
    expect(await listening()).toBe(1);
    second.stop();
    await second.ended;
    await until("nobody to listen", async () => (await listening()) === 0);
  });
});
