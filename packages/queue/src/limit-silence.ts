import type { Redis } from "ioredis";

type SendCommand = Redis["sendCommand"];
type Command = Parameters<SendCommand>[0];

interface Waiting {
  readonly command: Command;
  readonly sinceMs: number;
}

const tickMs = 50;

/**
 * Rejects a command that Redis has left unanswered for `timeoutMs`, as the client's own `commandTimeout` does, but counts
 * only time in which this process could have read the answer. A process that is busy for a second (a burst of requests, a
 * small machine) finds its timers due before the answers that have long arrived, and would take a healthy Redis for a dead
 * one. One timer serves all commands of the connection, and runs while any is unanswered.
 */
export function limitSilence(redis: Redis, { timeoutMs }: { readonly timeoutMs: number }): void {
  const send: SendCommand = redis.sendCommand.bind(redis);
  let waiting: Waiting[] = [];
  let awakeMs = 0;
  let timer: NodeJS.Timeout | null = null;

  function tick(): void {
    awakeMs += tickMs;
    const unanswered: Waiting[] = [];
    for (const entry of waiting) {
      if (entry.command.isResolved) continue;
      if (awakeMs - entry.sinceMs < timeoutMs) unanswered.push(entry);
      else entry.command.reject(new Error(`Redis did not answer within ${timeoutMs} ms`));
    }
    waiting = unanswered;
    timer = null;
    if (waiting.length > 0) arm();
  }

  // Set anew by each tick, never by an interval: a stall of any length then counts as one tick.
  function arm(): void {
    timer = setTimeout(tick, tickMs);
    timer.unref();
  }

  redis.sendCommand = (command, stream) => {
    waiting.push({ command, sinceMs: awakeMs });
    if (timer === null) arm();
    return send(command, stream);
  };
}
