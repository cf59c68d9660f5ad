import { Redis } from "ioredis";
import { TokenHubError } from "@tokenhub/contracts";
import { coalesceWrites } from "./coalesce-writes.ts";
import { limitSilence } from "./limit-silence.ts";

export interface ConnectionOptions {
  readonly url: string;
  /** Shown in `CLIENT LIST`. */
  readonly name: string;
  readonly onError: (error: Error) => void;
}

export interface ProducerOptions extends ConnectionOptions {
  /** How long to wait for a Redis that is still starting. Default 10 s. */
  readonly patienceMs?: number;
}

const connectRetryMs = 100;
const commandTimeoutMs = 1_000;

/**
 * A connected client for requests on the hot path: fails in about a second instead of hanging when Redis is down or
 * frozen. The offline queue stays off, so the client must be connected before BullMQ sees it.
 * @throws the connection error when Redis cannot be reached.
 */
export async function connectProducer(options: ProducerOptions): Promise<Redis> {
  const giveUpAtMs = performance.now() + (options.patienceMs ?? 10_000);
  for (;;) {
    try {
      return await connectOnce(options);
    } catch (error) {
      if (performance.now() >= giveUpAtMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, connectRetryMs));
    }
  }
}

async function connectOnce({ url, name, onError }: ConnectionOptions): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    connectTimeout: 5_000,
    connectionName: name,
  });
  // Writes are not gathered here: a cancellation would then come behind the job it is for, which is sent anew with it.
  limitSilence(redis, { timeoutMs: commandTimeoutMs });
  // `connect` only says that the connection was closed; why is told by an event.
  let reason: Error | null = null;
  const note = (error: Error): void => void (reason = error);
  redis.on("error", note);
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw reason ?? error;
  }
  redis.off("error", note);
  redis.on("error", onError);
  return redis;
}

/** A client that may block and waits through outages: for BullMQ workers, subscribers and blocking reads. */
export function createBlockingConnection({ url, name, onError }: ConnectionOptions): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: null, connectTimeout: 5_000, connectionName: name });
  coalesceWrites(redis);
  redis.on("error", onError);
  return redis;
}

/**
 * A connected client for a worker process, which has nothing better to do than to wait while Redis is away.
 * @throws the connection error when Redis cannot be reached at the start.
 */
export async function connectWorker(options: ProducerOptions): Promise<Redis> {
  const probe = await connectProducer(options);
  probe.disconnect();
  return createBlockingConnection(options);
}

/** Turns a failed Redis command into the error a caller may retry, because nothing was accepted. */
export function queueUnavailable(cause: unknown): TokenHubError {
  return new TokenHubError(
    "queue_unavailable",
    "The job queue cannot be reached right now. Nothing was accepted; try again in a moment.",
    {
      retryAfterMs: 1_000,
      cause,
    },
  );
}
