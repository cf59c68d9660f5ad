import { setTimeout as sleep } from "node:timers/promises";

/** Waits until `read` gives something other than undefined, null or false; fails with `what` after `timeoutMs`. */
export async function until<Value>(
  what: string,
  read: () => Value | Promise<Value>,
  timeoutMs = 10_000,
): Promise<NonNullable<Value>> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<Value>;
    if (performance.now() > giveUpAt) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await sleep(10);
  }
}
