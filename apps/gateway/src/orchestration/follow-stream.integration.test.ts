import type { RunRepository, StoredRun } from "@tokenhub/persistence";
import { uniquePrefix, until } from "@tokenhub/testkit";
import express from "express";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { createErrorHandler } from "../http/error-handler.ts";
import { findRun } from "./find-run.ts";
import { openFollowBench, type FollowBench, type PlayedRun } from "./follow-bench.fixture.ts";
import { createFollowers, type Followers, type FollowLimits } from "./follow-stream.ts";

interface Door {
  readonly bench: FollowBench;
  readonly followers: Followers;
  readonly port: number;
  /** Runs that stand in the books. */
  readonly books: Map<string, Pick<StoredRun, "input" | "state">>;
  follow(run: PlayedRun, after?: string): Promise<Stream>;
}

interface SeenEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Stream {
  readonly status: number;
  readonly raw: () => string;
  readonly seen: () => SeenEvent[];
  readonly ended: Promise<void>;
  stop(): void;
}

async function openDoor(limits: Partial<FollowLimits> = {}): Promise<Door> {
  const bench = openFollowBench(
    { redisUrl: inject("redisUrl"), prefix: uniquePrefix() },
    { pollIntervalMs: 20 },
  );
  const books: Door["books"] = new Map();
  const records: Pick<RunRepository, "get"> = {
    get: (runId) => Promise.resolve((books.get(runId) as StoredRun | undefined) ?? null),
  };
  const deps = { ...bench.deps, records, onError: () => undefined, limits };
  const followers = createFollowers(deps);
  const app = express();
  app.get("/:id", async (request, response) => {
    const run = await findRun(deps, request.params.id);
    if (run === null) throw new Error("no such run");
    const { after } = request.query;
    await followers.stream(response, { run, after: typeof after === "string" ? after : null });
  });
  const logger = { error: () => undefined } as never;
  app.use(createErrorHandler(logger, { onRefused: () => undefined, addressOf: () => "" }));
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    followers[Symbol.dispose]();
    await bench[Symbol.asyncDispose]();
  });
  const { port } = server.address() as AddressInfo;
  return {
    bench,
    followers,
    port,
    books,
    follow: ({ runId }, after) =>
      openStream(`http://127.0.0.1:${port}/${runId}${after === undefined ? "" : `?after=${after}`}`),
  };
}

async function openStream(url: string): Promise<Stream> {
  const controller = new AbortController();
  const response = await fetch(url, { signal: controller.signal });
  let raw = "";
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) raw += decoder.decode(chunk as Uint8Array);
  };
  const ended = read();
  ended.catch(() => undefined);
  onTestFinished(() => controller.abort());
  return {
    status: response.status,
    raw: () => raw,
    seen: () => eventsIn(raw),
    ended,
    stop: () => controller.abort(),
  };
}

function eventsIn(raw: string): SeenEvent[] {
  return raw.split("\n\n").flatMap((block) => {
    const field = (name: string): string | null =>
      new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? null;
    const data = field("data");
    return data === null
      ? []
      : [
          {
            id: field("id"),
            type: field("event") ?? "",
            data: JSON.parse(data) as Readonly<Record<string, unknown>>,
          },
        ];
  });
}

async function playWhole(run: PlayedRun): Promise<void> {
  await run.start("plan.1");
  await run.say("plan.1", "all ");
  await run.say("plan.1", "of it");
  await run.finish("plan.1", "all of it");
  await run.done();
}

describe("a stream of a run's events", () => {
  it("begins at once, is told live and closes behind `done`", async () => {
    const door = await openDoor();
    const run = await door.bench.play();
    const stream = await door.follow(run);
    expect(stream.status).toBe(200);
    await playWhole(run);
    await stream.ended;
    expect(stream.seen().map(({ type }) => type)).toEqual([
      "phase_started",
      "delta",
      "delta",
      "phase_finished",
      "done",
    ]);
    expect(door.followers.count).toBe(0);
  });

  it("says something every now and then while the run is silent", async () => {
    const door = await openDoor({ keepAliveMs: 20 });
    const run = await door.bench.play();
    const stream = await door.follow(run);
    await until("two comments", () => (stream.raw().match(/^: keep-alive$/gm) ?? []).length >= 2);
    expect(stream.seen()).toEqual([]);
  });

  it("answers 204 behind the last event, so that an EventSource stops asking", async () => {
    const door = await openDoor();
    const run = await door.bench.play();
    await playWhole(run);
    const whole = await door.follow(run);
    await whole.ended;
    expect((await door.follow(run, whole.seen().at(-1)?.id ?? "")).status).toBe(204);
  });

  it.each(["x", "77", "1~x"])("refuses the id %j, which no event of the run has, with 400", async (after) => {
    const door = await openDoor();
    const run = await door.bench.play();
    await playWhole(run);
    expect((await door.follow(run, after)).status).toBe(400);
  });

  it("lets no more follow than the gateway can serve, and frees the place of who leaves", async () => {
    const door = await openDoor({ mostFollowers: 1 });
    const run = await door.bench.play();
    const first = await door.follow(run);
    expect((await door.follow(run)).status).toBe(503);
    first.stop();
    await until("the place", () => door.followers.count === 0);
    const second = await door.follow(run);
    expect(second.status).toBe(200);
    second.stop();
  });

  it("ends with a word when it has lasted too long, and the rest comes behind the last id", async () => {
    const door = await openDoor({ longestMs: 150 });
    const run = await door.bench.play();
    const stream = await door.follow(run);
    await run.start("plan.1");
    await stream.ended;
    expect(stream.seen().at(-1)).toMatchObject({
      id: null,
      type: "interrupted",
      data: { code: "stream_too_long" },
    });
    await run.finish("plan.1", "late");
    await run.done();
    const resumed = await door.follow(run, stream.seen().at(-2)?.id ?? "");
    await resumed.ended;
    expect(resumed.seen().map(({ type }) => type)).toEqual(["delta", "phase_finished", "done"]);
  });

  it("ends with a word when the gateway shuts down, and no other begins", async () => {
    const door = await openDoor();
    const run = await door.bench.play();
    const stream = await door.follow(run);
    door.followers[Symbol.dispose]();
    await stream.ended;
    expect(stream.seen().at(-1)).toMatchObject({ type: "interrupted", data: { code: "shutting_down" } });
    expect((await door.follow(run)).status).toBe(503);
  });

  it("cuts off a client that does not read, with a last word, and holds little for it", async () => {
    const door = await openDoor({ slowMs: 200 });
    const run = await door.bench.play();
    await run.start("plan.1");
    const socket = connect(door.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
    socket.write(`GET /${run.runId} HTTP/1.1\r\nhost: door\r\nconnection: close\r\n\r\n`);
    await until("the stream", () => door.followers.count === 1);
    socket.pause();
    const piece = "x".repeat(100_000);
    for (let count = 0; count < 120; count += 1) await run.say("plan.1", piece);
    await until("the stream to be cut", () => door.followers.count === 0);
    let received = "";
    socket.on("data", (bytes: Buffer) => (received += bytes.toString()));
    socket.on("error", () => undefined);
    socket.resume();
    await once(socket, "close");
    expect(received.includes('"code":"slow_reader"')).toBe(true);
    expect(received.length).toBeLessThan(11_000_000);
    const lastId = [...received.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? "";
    await run.finish("plan.1", piece.repeat(120));
    await run.done();
    const told = Number(lastId.split(".").at(-1));
    const rest = await door.follow(run, lastId);
    await rest.ended;
    const chars = rest
      .seen()
      .reduce((sum, { type, data }) => sum + (type === "delta" ? String(data["text"]).length : 0), 0);
    expect(told + chars).toBe(12_000_000);
  });

  it("goes on where it was when Redis was away for a moment", async () => {
    const door = await openDoor();
    const run = await door.bench.play();
    const stream = await door.follow(run);
    await run.start("plan.1");
    await until("the start", () => stream.seen().length === 1);
    door.bench.redis.disconnect(true);
    await until("the connection", () => door.bench.redis.status === "ready");
    await run.say("plan.1", "after all");
    await run.finish("plan.1", "after all");
    await run.done();
    await stream.ended;
    expect(stream.seen().map(({ type }) => type)).toEqual([
      "phase_started",
      "delta",
      "phase_finished",
      "done",
    ]);
  });

  it("tells a run that only the books know any more, whole, and its end to who comes with an id of the log", async () => {
    const door = await openDoor();
    const run = await door.bench.play();
    await playWhole(run);
    const whole = await door.follow(run);
    await whole.ended;
    const found = await door.bench.deps.runs.load(run.runId, { withInput: true });
    if (found === null || found.input === null) throw new Error("the run is there");
    door.books.set(run.runId, { input: found.input, state: found.state });
    await run.drop();
    const replayed = await door.follow(run);
    await replayed.ended;
    expect(replayed.seen().map(({ type }) => type)).toEqual([
      "phase_started",
      "delta",
      "phase_finished",
      "done",
    ]);
    expect(replayed.seen().at(-1)?.data["report"]).toEqual(whole.seen().at(-1)?.data["report"]);
    const behind = await door.follow(run, whole.seen()[1]?.id ?? "");
    await behind.ended;
    expect(behind.seen().map(({ type }) => type)).toEqual(["done"]);
    expect((await door.follow(run, behind.seen()[0]?.id ?? "")).status).toBe(204);
  });

  it("says so when Redis has lost a run in the middle of it", async () => {
    const door = await openDoor();
    const run = await door.bench.play();
    const stream = await door.follow(run);
    await run.start("plan.1");
    await until("the start", () => stream.seen().length === 1);
    await run.drop();
    await stream.ended;
    expect(stream.seen().at(-1)).toMatchObject({ type: "interrupted", data: { code: "run_lost" } });
  });
});
