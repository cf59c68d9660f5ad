import {
  createEventRepository,
  openDatabase,
  type EventRepository,
  type StoredEvent,
} from "@tokenhub/persistence";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  createEventFeed,
  type EventFeed,
  type EventFeedOptions,
  type EventSubscription,
} from "./event-feed.ts";

let events: EventRepository;
let removeUpTo: (id: number) => Promise<void>;

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-feed-"));
  const database = await openDatabase({ kind: "sqlite", path: join(folder, "hub.db") });
  await database.migrate();
  onTestFinished(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });
  events = createEventRepository(database.db);
  removeUpTo = async (id) => void (await database.db.deleteFrom("events").where("id", "<=", id).execute());
});

function open(options: Partial<EventFeedOptions> = {}): EventFeed {
  const feed = createEventFeed({ events, onError: () => undefined, pollIntervalMs: 10, ...options });
  onTestFinished(() => feed[Symbol.dispose]());
  return feed;
}

async function append(count: number): Promise<void> {
  await events.append(
    Array.from({ length: count }, (_, index) => ({ timestampMs: index, type: "route_success", data: {} })),
  );
}

async function take(subscription: EventSubscription, count: number): Promise<number[]> {
  const taken: StoredEvent[] = [];
  while (taken.length < count) taken.push(...((await subscription.next()) ?? []));
  return taken.map(({ id }) => id);
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("whoever follows the events", () => {
  test("sees those of every gateway from now on, each once and in order", async () => {
    await append(3);
    const feed = open();
    using subscription = await feed.subscribe(null);
    expect(subscription).toMatchObject({ startId: 3, gap: null });
    await append(450);
    expect(await take(subscription, 450)).toEqual(range(4, 453));
  });

  test("resumes behind the last event seen, however far back, and goes on live without a seam", async () => {
    await append(1_500);
    const feed = open();
    using live = await feed.subscribe(null);
    using resumed = await feed.subscribe(7);
    const writing = (async () => {
      for (let round = 0; round < 20; round++) await append(10);
    })();
    expect(await take(resumed, 1_693)).toEqual(range(8, 1_700));
    expect(await take(live, 200)).toEqual(range(1_501, 1_700));
    await writing;
  });

  test("that is slow holds up nobody else and misses nothing", async () => {
    const feed = open();
    using slow = await feed.subscribe(null);
    using fast = await feed.subscribe(null);
    await append(2_500);
    expect(await take(fast, 2_500)).toEqual(range(1, 2_500));
    expect(await take(slow, 2_500)).toEqual(range(1, 2_500));
  });

  test("is told what is missing when it comes back after the events were deleted", async () => {
    await append(10);
    await removeUpTo(6);
    const feed = open();
    using late = await feed.subscribe(2);
    expect(late.gap).toEqual({ fromId: 3, toId: 6 });
    expect(await take(late, 4)).toEqual(range(7, 10));
    using inTime = await feed.subscribe(6);
    expect(inTime.gap).toBeNull();
  });

  test("with an id of another database starts from now and is told so", async () => {
    await append(2);
    using stranger = await open().subscribe(900);
    expect(stranger).toMatchObject({ startId: 2, gap: { fromId: 3, toId: 900 } });
  });

  test("is refused when there are too many, and admitted when one leaves", async () => {
    const feed = open({ mostSubscribers: 1 });
    const first = await feed.subscribe(null);
    await expect(feed.subscribe(null)).rejects.toMatchObject({ code: "overloaded" });
    first[Symbol.dispose]();
    using _second = await feed.subscribe(null);
  });

  test("is let go when the feed closes", async () => {
    const feed = open();
    using subscription = await feed.subscribe(null);
    const next = subscription.next();
    feed[Symbol.dispose]();
    expect(await next).toBeNull();
  });
});

test("events of this gateway are shown at once, not at the next look", async () => {
  const feed = open({ pollIntervalMs: 60_000 });
  using subscription = await feed.subscribe(null);
  await append(1);
  feed.nudge();
  expect(await take(subscription, 1)).toEqual([1]);
});

test("nobody follows, nothing is read", async () => {
  let reads = 0;
  const feed = createEventFeed({
    events: {
      lastId: events.lastId,
      listAfter: (...call) => {
        reads += 1;
        return events.listAfter(...call);
      },
    },
    onError: () => undefined,
    pollIntervalMs: 1,
  });
  onTestFinished(() => feed[Symbol.dispose]());
  feed.nudge();
  expect(reads).toBe(0);
});
