import { createKeyspace, encodeStoredResult, type StoredResult } from "@tokenhub/contracts";
import { monitorRedis, startChaosProxy, uniquePrefix, until } from "@tokenhub/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { connectProducer, createBlockingConnection } from "./redis-connection.ts";
import { createReplyListener } from "./reply-listener.ts";

const requestId = "req_0123456789abcdef01234567";
const never = 3_600_000;

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

interface SetupOptions {
  readonly pollIntervalMs?: number;
  readonly subscriberUrl?: string;
  readonly readerUrl?: string;
}

/** A listener, and a worker's hand that can leave out each half of what a worker does: storing and announcing. */
async function setup(options: SetupOptions = {}) {
  const url = inject("redisUrl");
  const keyspace = createKeyspace(uniquePrefix());
  const channel = keyspace.replyChannel("gw_test");
  const errors: Error[] = [];
  const connection = { name: "reply-test", onError: () => undefined };
  const worker = stack.adopt(await connectProducer({ ...connection, url }), (client) => client.disconnect());
  const readerUrl = options.readerUrl ?? url;
  const reader = stack.adopt(await connectProducer({ ...connection, url: readerUrl }), (client) =>
    client.disconnect(),
  );
  const subscriberUrl = options.subscriberUrl ?? url;
  const subscriber = stack.adopt(createBlockingConnection({ ...connection, url: subscriberUrl }), (client) =>
    client.disconnect(),
  );
  const listener = stack.use(
    await createReplyListener({
      subscriber,
      reader,
      keyspace,
      gatewayId: "gw_test",
      pollIntervalMs: options.pollIntervalMs ?? never,
      onError: (error) => errors.push(error),
    }),
  );

  const logFrame = async (sequence: number, id = requestId): Promise<void> => {
    await worker.xadd(keyspace.streamLog(id), "*", "s", String(sequence), "t", textOf(sequence));
  };
  const announceFrame = async (sequence: number, id = requestId): Promise<void> => {
    await worker.publish(channel, `F\n${id}\n${sequence}\n${textOf(sequence)}`);
  };
  const sendFrame = async (sequence: number, id = requestId): Promise<void> => {
    await logFrame(sequence, id);
    await announceFrame(sequence, id);
  };
  const storeResult = async (frameCount: number, id = requestId): Promise<void> => {
    await worker.set(keyspace.result(id), encodeStoredResult(resultOf(frameCount)));
  };
  const announceResult = async (frameCount: number, id = requestId): Promise<void> => {
    await worker.publish(channel, `R\n${id}\n${encodeStoredResult(resultOf(frameCount))}`);
  };
  const sendResult = async (frameCount: number, id = requestId): Promise<void> => {
    await storeResult(frameCount, id);
    await announceResult(frameCount, id);
  };
  const announcePointer = (id = requestId) => worker.publish(channel, `P\n${id}`);

  /** Registers a waiter that notes what it is told. */
  function wait(id = requestId) {
    const frames: string[] = [];
    const results: StoredResult[] = [];
    const framesAtResult: number[] = [];
    const registration = listener.register(id, {
      onFrame: (text) => frames.push(text),
      onResult: (stored) => {
        results.push(stored);
        framesAtResult.push(frames.length);
      },
    });
    return { frames, results, framesAtResult, registration, isOver: () => results.length > 0 };
  }
  /** Resolves when the listener has handled all that was announced before. */
  async function settled(): Promise<void> {
    const marker = wait("req_marker");
    await announceResult(0, "req_marker");
    await until("the marker", marker.isOver);
  }
  return {
    keyspace,
    channel,
    worker,
    listener,
    errors,
    logFrame,
    announceFrame,
    sendFrame,
    storeResult,
    announceResult,
    sendResult,
    announcePointer,
    wait,
    settled,
  };
}

const redisPort = (): number => Number(new URL(inject("redisUrl")).port);
const textOf = (sequence: number): string => `data: {"part":${sequence},"text":"two\nlines"}\n\n`;
const textsUpTo = (count: number): string[] =>
  Array.from({ length: count }, (_, sequence) => textOf(sequence));
const resultOf = (frameCount: number): StoredResult => ({
  frameCount,
  resultJson: '{"ok":true}',
  body: "an answer\nof two lines",
});

describe("a waiter", () => {
  it("gets its frames in order and then its result, and is forgotten", async () => {
    const { listener, sendFrame, sendResult, wait } = await setup();
    const waiter = wait();
    expect(listener.waiting).toBe(1);
    for (const sequence of [0, 1, 2]) await sendFrame(sequence);
    await sendResult(3);
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(3));
    expect(waiter.results).toEqual([resultOf(3)]);
    expect(listener.waiting).toBe(0);
  });

  it("hears only of its own request", async () => {
    const { sendFrame, sendResult, wait } = await setup();
    const waiters = ["req_a", "req_b", "req_c"].map((id) => ({ id, ...wait(id) }));
    for (const sequence of [0, 1]) await Promise.all(waiters.map(({ id }) => sendFrame(sequence, id)));
    await Promise.all(waiters.slice(0, 2).map(({ id }) => sendResult(2, id)));
    await until("both results", () => waiters[0]?.isOver() && waiters[1]?.isOver());
    expect(waiters.map(({ frames, results }) => [frames.length, results.length])).toEqual([
      [2, 1],
      [2, 1],
      [2, 0],
    ]);
  });

  it("gets a frame that is announced twice once", async () => {
    const { sendFrame, announceFrame, sendResult, wait } = await setup();
    const waiter = wait();
    await sendFrame(0);
    await announceFrame(0);
    await sendFrame(1);
    await announceFrame(0);
    await announceFrame(1);
    await sendResult(2);
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(2));
  });

  it("gets a result that is announced twice once", async () => {
    const { sendResult, announceResult, wait, settled } = await setup();
    const waiter = wait();
    await sendResult(0);
    await announceResult(0);
    await settled();
    expect(waiter.results).toEqual([resultOf(0)]);
  });

  it("hears nothing more after it was disposed, not even what was being read for it", async () => {
    const proxy = stack.use(await startChaosProxy({ upstreamPort: redisPort() }));
    const { listener, logFrame, announceFrame, sendResult, wait, settled } = await setup({
      readerUrl: `redis://127.0.0.1:${proxy.port}`,
    });
    proxy.set({ isStalled: true });
    const waiter = wait();
    await logFrame(0);
    await logFrame(1);
    await announceFrame(1);
    await settled();
    waiter.registration[Symbol.dispose]();
    const successor = wait();
    proxy.recover();
    await sendResult(2);
    await until("the successor's result", successor.isOver);
    expect([waiter.frames, waiter.results]).toEqual([[], []]);
    waiter.registration[Symbol.dispose]();
    expect(listener.waiting).toBe(0);
  });

  it("that was disposed late does not take away the one registered after it", async () => {
    const { listener, sendResult, wait } = await setup();
    const first = wait();
    const second = wait();
    first.registration[Symbol.dispose]();
    expect(listener.waiting).toBe(1);
    await sendResult(0);
    await until("the result", second.isOver);
  });
});

describe("a lost announcement", () => {
  it("of a frame is filled from the log when the next one shows the gap", async () => {
    const { logFrame, sendFrame, sendResult, wait } = await setup();
    const waiter = wait();
    await sendFrame(0);
    await logFrame(1);
    await logFrame(2);
    await sendFrame(3);
    await until("the gap to be filled", () => waiter.frames.length === 4);
    expect(waiter.frames).toEqual(textsUpTo(4));
    await sendFrame(4);
    await sendResult(5);
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(5));
  });

  it("of the last frames makes the result wait until they are read from the log", async () => {
    const { logFrame, sendFrame, sendResult, wait } = await setup();
    const waiter = wait();
    await sendFrame(0);
    await logFrame(1);
    await logFrame(2);
    await sendResult(3);
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(3));
    expect(waiter.framesAtResult).toEqual([3]);
    expect(waiter.results).toEqual([resultOf(3)]);
  });

  it("of the result is found by polling, the frames included", async () => {
    const { logFrame, sendFrame, storeResult, wait } = await setup({ pollIntervalMs: 30 });
    const waiter = wait();
    await sendFrame(0);
    await logFrame(1);
    await storeResult(2);
    await until("the result", waiter.isOver, 2_000);
    expect(waiter.frames).toEqual(textsUpTo(2));
    expect(waiter.framesAtResult).toEqual([2]);
  });

  it("of every frame of a stream that goes on is found by polling before the stream ends", async () => {
    const { logFrame, storeResult, wait } = await setup({ pollIntervalMs: 30 });
    const waiter = wait();
    await logFrame(0);
    await until("the first frame", () => waiter.frames.length === 1, 2_000);
    await logFrame(1);
    await until("the second frame", () => waiter.frames.length === 2, 2_000);
    await storeResult(2);
    await until("the result", waiter.isOver, 2_000);
    expect(waiter.frames).toEqual(textsUpTo(2));
  });

  it.each(["get", "xrange"])(
    "is repaired at once although more was missed after the %s of a repair under way, without a false alarm",
    async (lastRead) => {
      const proxy = stack.use(await startChaosProxy({ upstreamPort: redisPort() }));
      const { keyspace, errors, logFrame, announceFrame, sendResult, wait } = await setup({
        readerUrl: `redis://127.0.0.1:${proxy.port}`,
      });
      const keys = [keyspace.result(requestId), keyspace.streamLog(requestId)];
      const monitor = stack.use(await monitorRedis(inject("redisUrl")));
      const isRead = (): boolean =>
        monitor.lines.some((line) => keys.some((key) => line.includes(`"${lastRead}" "${key}"`)));
      const waiter = wait();
      proxy.set({ latencyMs: 100 });
      await logFrame(0);
      await logFrame(1);
      await announceFrame(1);
      await until("the repair to have read", isRead, 3_000);
      // Redis has answered; the answer is still under way.
      await logFrame(2);
      await sendResult(3);
      await until("the result", waiter.isOver, 3_000);
      expect(waiter.frames).toEqual(textsUpTo(3));
      expect(waiter.framesAtResult).toEqual([3]);
      expect(errors).toEqual([]);
    },
  );

  it("never loses, repeats or reorders anything, whichever announcements are lost or doubled", async () => {
    const { logFrame, announceFrame, storeResult, announceResult, announcePointer, wait } = await setup({
      pollIntervalMs: 20,
    });
    const fate = fc.constantFrom<readonly number[]>([], [0], [0], [0, 0], [0, -1], [-1, 0], [-2]);
    const ending = fc.constantFrom("lost", "inline", "pointer", "twice");
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { maxLength: 12 }), ending, async (fates, end) => {
        const id = `req_property${(number += 1)}`;
        const waiter = wait(id);
        for (const [sequence, announced] of fates.entries()) {
          await logFrame(sequence, id);
          for (const offset of announced)
            if (sequence + offset >= 0) await announceFrame(sequence + offset, id);
        }
        await storeResult(fates.length, id);
        if (end === "inline" || end === "twice") await announceResult(fates.length, id);
        if (end === "pointer" || end === "twice") await announcePointer(id);
        await until("the result", waiter.isOver, 2_000);
        expect(waiter.frames).toEqual(textsUpTo(fates.length));
        expect(waiter.framesAtResult).toEqual([fates.length]);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the result store", () => {
  it("gives the answer that was too large to announce", async () => {
    const { storeResult, announcePointer, wait } = await setup();
    const waiter = wait();
    await storeResult(0);
    await announcePointer();
    await until("the result", waiter.isOver);
    expect(waiter.results).toEqual([resultOf(0)]);
  });

  it("gives the answer of a stream whose result is a pointer, after its frames", async () => {
    const { sendFrame, logFrame, storeResult, announcePointer, wait } = await setup();
    const waiter = wait();
    await sendFrame(0);
    await logFrame(1);
    await storeResult(2);
    await announcePointer();
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(2));
    expect(waiter.framesAtResult).toEqual([2]);
  });

  it("that cannot be read for a moment is read again", async () => {
    const proxy = stack.use(await startChaosProxy({ upstreamPort: redisPort() }));
    const { errors, storeResult, announcePointer, wait } = await setup({
      readerUrl: `redis://127.0.0.1:${proxy.port}`,
      pollIntervalMs: 30,
    });
    const waiter = wait();
    proxy.set({ isDown: true });
    proxy.cut();
    await storeResult(0);
    await announcePointer();
    await until("the trouble to be reported", () => errors.length > 0);
    expect(waiter.isOver()).toBe(false);
    proxy.recover();
    await until("the result", waiter.isOver);
    expect(waiter.results).toEqual([resultOf(0)]);
  });

  it("that holds fewer frames than its result says ends in an error, never in a stream with a hole", async () => {
    const { errors, logFrame, sendResult, wait } = await setup();
    const waiter = wait();
    await logFrame(1);
    await sendResult(2);
    await until("the error", () => errors.length > 0);
    expect(errors[0]?.message).toContain(requestId);
    expect([waiter.frames, waiter.results]).toEqual([[], []]);
  });
});

describe("a listener", () => {
  it("ignores requests nobody waits for and messages it does not know", async () => {
    const { listener, channel, worker, errors, sendFrame, sendResult, announcePointer, wait, settled } =
      await setup();
    const waiter = wait();
    await sendFrame(0, "req_stranger");
    await sendResult(1, "req_stranger");
    await announcePointer("req_stranger");
    for (const text of ["", `X\n${requestId}\nfrom a newer worker`, "no line break"]) {
      await worker.publish(channel, text);
    }
    await settled();
    expect([waiter.frames, waiter.results, errors]).toEqual([[], [], []]);
    expect(listener.waiting).toBe(1);
  });

  it("hears nothing that is meant for another gateway", async () => {
    const { keyspace, worker, wait, settled } = await setup();
    const waiter = wait();
    await worker.publish(keyspace.replyChannel("gw_other"), `F\n${requestId}\n0\n${textOf(0)}`);
    await settled();
    expect(waiter.frames).toEqual([]);
  });

  it("serves many waiters at once", async () => {
    const { listener, sendFrame, sendResult, wait } = await setup();
    const ids = Array.from({ length: 300 }, (_, index) => `req_${index}`);
    const waiters = ids.map((id) => wait(id));
    await Promise.all(
      ids.map(async (id) => {
        for (const sequence of [0, 1, 2]) await sendFrame(sequence, id);
        await sendResult(3, id);
      }),
    );
    await until("all results", () => waiters.every((waiter) => waiter.isOver()));
    expect(waiters.every((waiter) => waiter.frames.join() === textsUpTo(3).join())).toBe(true);
    expect(listener.waiting).toBe(0);
  });
});

describe("a subscriber", () => {
  async function setupBehindProxy(pollIntervalMs: number) {
    const upstreamPort = redisPort();
    const proxy = stack.use(await startChaosProxy({ upstreamPort, seed: 42 }));
    const kit = await setup({ subscriberUrl: `redis://127.0.0.1:${proxy.port}`, pollIntervalMs });
    return { ...kit, proxy };
  }

  it("that loses its connection again and again loses and repeats nothing", async () => {
    const { proxy, sendFrame, sendResult, wait } = await setupBehindProxy(50);
    proxy.set({ latencyMs: 3, jitterMs: 3 });
    const waiter = wait();
    let sent = 0;
    for (const _outage of [1, 2, 3, 4]) {
      for (const _frame of Array.from({ length: 20 })) await sendFrame(sent++);
      proxy.cut();
      await until("the end of the connection", () => proxy.connections === 0);
      await until("the next connection", async () => {
        await sendFrame(sent++);
        return proxy.connections > 0;
      });
    }
    await sendResult(sent);
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(sent));
    expect(waiter.framesAtResult).toEqual([sent]);
  });

  it("that was away when the stream ended gets the rest and the result", async () => {
    const { proxy, sendFrame, sendResult, wait } = await setupBehindProxy(50);
    const waiter = wait();
    await sendFrame(0);
    await until("the first frame", () => waiter.frames.length === 1);
    proxy.set({ isDown: true });
    proxy.cut();
    for (const sequence of [1, 2, 3]) await sendFrame(sequence);
    await sendResult(4);
    await until("the result, by the other connection", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(4));
  });

  it("listens again after it was away", async () => {
    const { proxy, sendFrame, sendResult, wait, announceResult } = await setupBehindProxy(never);
    proxy.cut();
    await until("the new subscription", async () => {
      const probe = wait("req_probe");
      await announceResult(0, "req_probe");
      return until("the probe", probe.isOver, 50).catch(() => false);
    });
    const waiter = wait();
    await sendFrame(0);
    await sendResult(1);
    await until("the result", waiter.isOver);
    expect(waiter.frames).toEqual(textsUpTo(1));
  });

  it("whose connection is half dead gets everything by polling, and nothing twice when it wakes up", async () => {
    const { proxy, sendFrame, sendResult, wait, settled } = await setupBehindProxy(50);
    proxy.set({ isStalled: true });
    const waiter = wait();
    for (const sequence of [0, 1, 2]) await sendFrame(sequence);
    await until("the frames", () => waiter.frames.length === 3);
    await sendResult(3);
    await until("the result", waiter.isOver);
    proxy.recover();
    await settled();
    expect(waiter.frames).toEqual(textsUpTo(3));
    expect(waiter.results).toHaveLength(1);
  });
});
