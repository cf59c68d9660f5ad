import { TokenHubError } from "@tokenhub/contracts";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { CheckAnswer, CheckMessage, CheckSettings, CheckVerdict } from "./check-worker.ts";

/** Reads inputs of batches without holding up the requests of others. */
export interface InputChecker {
  /**
   * Reads a whole input in a thread of its own, as fast as the thread takes its bytes.
   * @throws TokenHubError `overloaded` when too many wait for their turn, or it takes too long.
   */
  check(settings: CheckSettings, bytes: AsyncIterable<Uint8Array>): Promise<CheckVerdict>;
}

export interface InputCheckerOptions {
  /** Threads at once. */
  readonly threads?: number;
  readonly maxWaiting?: number;
  /** For one input, from its turn on. */
  readonly timeoutMs?: number;
}

/** Chunks that are on their way to the thread. */
const mostUntaken = 1;
/** Between two chunks the thread rests, so that on few cores requests somebody waits for come to theirs. */
const pauseMs = 10;

export function createInputChecker(options: InputCheckerOptions = {}): InputChecker {
  const { threads = 1, maxWaiting = 100, timeoutMs = 120_000 } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  async function turn(): Promise<void> {
    if (running < threads) {
      running += 1;
      return;
    }
    if (waiting.length >= maxWaiting) throw busy("Too many batches wait to be checked.");
    await new Promise<void>((resolve) => void waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }

  return {
    async check(settings, bytes) {
      await turn();
      try {
        return await checkInThread(settings, bytes, timeoutMs);
      } finally {
        leave();
      }
    },
  };
}

async function checkInThread(
  settings: CheckSettings,
  bytes: AsyncIterable<Uint8Array>,
  timeoutMs: number,
): Promise<CheckVerdict> {
  const worker = new Worker(new URL("./check-worker.ts", import.meta.url), {
    workerData: settings,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  const conversation = converse(worker);
  const timer = setTimeout(() => conversation.fail(busy("The input took too long to check.")), timeoutMs);
  try {
    for await (const chunk of bytes) {
      conversation.send({ kind: "bytes", bytes: chunk });
      await conversation.room();
      await sleep(pauseMs);
      if (conversation.isDecided()) break;
    }
    conversation.send({ kind: "end" });
    return await conversation.verdict;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function converse(worker: Worker) {
  const { promise: verdict, resolve, reject } = Promise.withResolvers<CheckVerdict>();
  // Whoever waits for room may be told of a failure first.
  verdict.catch(() => undefined);
  let untaken = 0;
  let isDecided = false;
  let onRoom: () => void = () => undefined;
  const decide = (settle: () => void): void => {
    isDecided = true;
    settle();
    onRoom();
  };
  const fail = (error: unknown): void => decide(() => reject(error));
  worker.on("message", (answer: CheckAnswer) => {
    if (answer.kind === "verdict") return decide(() => resolve(answer));
    untaken -= 1;
    onRoom();
  });
  // Out of memory, or its module failed to load.
  void once(worker, "exit").then(
    () => fail(new Error("The thread that checks inputs of batches has ended.")),
    fail,
  );
  return {
    verdict,
    fail,
    isDecided: () => isDecided,
    send(message: CheckMessage): void {
      untaken += 1;
      worker.postMessage(message);
    },
    async room(): Promise<void> {
      while (untaken >= mostUntaken && !isDecided)
        await new Promise<void>((resolveRoom) => (onRoom = resolveRoom));
    },
  };
}

function busy(what: string): TokenHubError {
  return new TokenHubError("overloaded", `${what} Try again in a moment.`, { retryAfterMs: 5_000 });
}
