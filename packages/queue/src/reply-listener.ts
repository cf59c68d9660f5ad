import {
  decodeReplyMessage,
  decodeStoredResult,
  type Keyspace,
  type ReplyMessage,
  type StoredResult,
} from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { leaveChannel } from "./leave-channel.ts";

/** Receives what the workers say about one request. Frames arrive in order, without gaps and once each; the result is last. */
export interface ReplyWaiter {
  onFrame(text: string): void;
  onResult(stored: StoredResult): void;
}

export interface ReplyListener extends AsyncDisposable {
  /**
   * Must be called before the request is enqueued, unless the waiter is late: that one is told what was said already. A
   * request may have several waiters. The disposer forgets the waiter.
   */
  register(requestId: string, waiter: ReplyWaiter, options?: { readonly isLate?: boolean }): Disposable;
  readonly waiting: number;
}

export interface ReplyListenerOptions {
  readonly subscriber: Redis;
  /** Reads the result store and the stream logs; a `connectProducer` client. */
  readonly reader: Redis;
  readonly keyspace: Keyspace;
  readonly gatewayId: string;
  /** How often quiet waiters are checked against the store; repairs lost announcements. */
  readonly pollIntervalMs?: number;
  readonly onError: (error: Error) => void;
}

interface Entry {
  readonly waiter: ReplyWaiter;
  nextSequence: number;
  /** Log id of the newest frame read from the log, for the next read. */
  logId: string;
  isRepairing: boolean;
  /** More was missed while a repair was under way, which may have read too early to see it. */
  isRepairStale: boolean;
  isQuiet: boolean;
  /** Registered late and not told anything yet: whoever works on the request may not know of this gateway. */
  isUnheard: boolean;
}

/** How often the store is read for late waiters that are told nothing: a request may be another gateway's. */
const latePollIntervalMs = 200;

/**
 * The gateway's end of the sync path: one subscription for all its requests. Pub/sub may lose messages, so a timer reads
 * the store for waiters that heard nothing since its last tick, and a gap in the frames is filled from the stream log.
 */
export async function createReplyListener(options: ReplyListenerOptions): Promise<ReplyListener> {
  const { subscriber, reader, keyspace, gatewayId, onError } = options;
  const entries = new Map<string, Set<Entry>>();

  /** False once the waiter has its result or was disposed. */
  const isCurrent = (requestId: string, entry: Entry): boolean => entries.get(requestId)?.has(entry) === true;

  /** Whether it was there. */
  function forget(requestId: string, entry: Entry): boolean {
    const waiting = entries.get(requestId);
    if (waiting?.delete(entry) !== true) return false;
    if (waiting.size === 0) entries.delete(requestId);
    return true;
  }

  function deliverFrame(entry: Entry, sequence: number, text: string): boolean {
    if (sequence < entry.nextSequence) return true;
    if (sequence > entry.nextSequence) return false;
    entry.nextSequence += 1;
    entry.waiter.onFrame(text);
    return true;
  }

  function deliverResult(requestId: string, entry: Entry, stored: StoredResult): void {
    if (entry.nextSequence < stored.frameCount) {
      repair(requestId, entry);
      return;
    }
    if (forget(requestId, entry)) entry.waiter.onResult(stored);
  }

  function repair(requestId: string, entry: Entry): void {
    if (!isCurrent(requestId, entry)) return;
    if (entry.isRepairing) {
      entry.isRepairStale = true;
      return;
    }
    entry.isRepairing = true;
    entry.isRepairStale = false;
    readStored(requestId, entry)
      .catch((error: unknown) => onError(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        entry.isRepairing = false;
        if (entry.isRepairStale) repair(requestId, entry);
      });
  }

  /** The result is read before the log: a result seen here guarantees that the log read after it is complete. */
  async function readStored(requestId: string, entry: Entry): Promise<void> {
    const result = await reader.get(keyspace.result(requestId));
    const rows = await reader.xrange(keyspace.streamLog(requestId), `(${entry.logId}`, "+");
    for (const [logId, fields] of rows) {
      if (!isCurrent(requestId, entry)) return;
      entry.logId = logId;
      deliverFrame(entry, Number(fields[1]), fields[3] ?? "");
    }
    if (result !== null && isCurrent(requestId, entry)) {
      const stored = decodeStoredResult(result);
      if (entry.nextSequence < stored.frameCount)
        throw new Error(`stream log of ${requestId} is shorter than its result says`);
      if (forget(requestId, entry)) entry.waiter.onResult(stored);
    }
  }

  function receive(_channel: string, text: string): void {
    const message = decodeReplyMessage(text);
    if (message === null || message.kind === "event") return;
    for (const entry of entries.get(message.requestId) ?? []) hear(entry, message);
  }

  function hear(entry: Entry, message: Exclude<ReplyMessage, { kind: "event" }>): void {
    entry.isQuiet = false;
    entry.isUnheard = false;
    switch (message.kind) {
      case "frame":
        if (!deliverFrame(entry, message.sequence, message.text)) repair(message.requestId, entry);
        return;
      case "result":
        deliverResult(message.requestId, entry, message.stored);
        return;
      case "pointer":
        repair(message.requestId, entry);
        return;
    }
  }

  const timer = setInterval(() => {
    // While Redis is away every waiter would fail, and log it, once a tick.
    if (reader.status !== "ready") return;
    for (const [requestId, entry] of everyEntry()) {
      if (entry.isQuiet && !entry.isRepairing) repair(requestId, entry);
      entry.isQuiet = true;
    }
  }, options.pollIntervalMs ?? 1_000);
  const lateTimer = setInterval(() => {
    if (reader.status !== "ready") return;
    for (const [requestId, entry] of everyEntry())
      if (entry.isUnheard && !entry.isRepairing) repair(requestId, entry);
  }, latePollIntervalMs);

  function* everyEntry(): Iterable<readonly [string, Entry]> {
    for (const [requestId, waiting] of entries) for (const entry of waiting) yield [requestId, entry];
  }

  const channel = keyspace.replyChannel(gatewayId);
  subscriber.on("message", receive);
  await subscriber.subscribe(channel);

  return {
    register(requestId, waiter, { isLate = false } = {}) {
      const entry: Entry = {
        waiter,
        nextSequence: 0,
        logId: "0",
        isRepairing: false,
        isRepairStale: false,
        isQuiet: false,
        isUnheard: isLate,
      };
      const waiting = entries.get(requestId);
      if (waiting === undefined) entries.set(requestId, new Set([entry]));
      else waiting.add(entry);
      if (isLate) repair(requestId, entry);
      return {
        [Symbol.dispose]() {
          forget(requestId, entry);
        },
      };
    },
    get waiting() {
      return entries.size;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      clearInterval(lateTimer);
      subscriber.off("message", receive);
      await leaveChannel(subscriber, channel);
    },
  };
}
