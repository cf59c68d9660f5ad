import {
  decodeReplyMessage,
  decodeStoredResult,
  type Keyspace,
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
  /** Must be called before the request is enqueued. The disposer forgets the waiter. */
  register(requestId: string, waiter: ReplyWaiter): Disposable;
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
}

/**
 * The gateway's end of the sync path: one subscription for all its requests. Pub/sub may lose messages, so a timer reads
 * the store for waiters that heard nothing since its last tick, and a gap in the frames is filled from the stream log.
 */
export async function createReplyListener(options: ReplyListenerOptions): Promise<ReplyListener> {
  const { subscriber, reader, keyspace, gatewayId, onError } = options;
  const entries = new Map<string, Entry>();

  /** False once the waiter has its result or was disposed. */
  const isCurrent = (requestId: string, entry: Entry): boolean => entries.get(requestId) === entry;

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
    if (!entries.delete(requestId)) return;
    entry.waiter.onResult(stored);
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
      entries.delete(requestId);
      entry.waiter.onResult(stored);
    }
  }

  function receive(_channel: string, text: string): void {
    const message = decodeReplyMessage(text);
    if (message === null || message.kind === "event") return;
    const entry = entries.get(message.requestId);
    if (entry === undefined) return;
    entry.isQuiet = false;
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
    for (const [requestId, entry] of entries) {
      if (entry.isQuiet && !entry.isRepairing) repair(requestId, entry);
      entry.isQuiet = true;
    }
  }, options.pollIntervalMs ?? 1_000);

  const channel = keyspace.replyChannel(gatewayId);
  subscriber.on("message", receive);
  await subscriber.subscribe(channel);

  return {
    register(requestId, waiter) {
      const entry: Entry = {
        waiter,
        nextSequence: 0,
        logId: "0",
        isRepairing: false,
        isRepairStale: false,
        isQuiet: false,
      };
      entries.set(requestId, entry);
      return {
        [Symbol.dispose]() {
          if (isCurrent(requestId, entry)) entries.delete(requestId);
        },
      };
    },
    get waiting() {
      return entries.size;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      subscriber.off("message", receive);
      await leaveChannel(subscriber, channel);
    },
  };
}
