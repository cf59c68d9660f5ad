import { createHash } from "node:crypto";

/** What the receiver does with one attempt. */
export type Reaction =
  | { readonly kind: "take"; readonly afterMs: number }
  | { readonly kind: "refuse"; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection is cut before an answer, or after half of one. */
  | { readonly kind: "reset" }
  | { readonly kind: "break-off" }
  /** Nothing is answered until the sender gives up. */
  | { readonly kind: "hang" };

/** From that attempt on everything is taken. */
const lastFault = 3;

/** The same seed, event, receiver and attempt give the same reaction; two in five of the first attempts fail. */
export function chooseReaction({
  seed,
  path,
  eventId,
  attempt,
}: {
  readonly seed: number;
  readonly path: string;
  readonly eventId: string;
  /** From 1. */
  readonly attempt: number;
}): Reaction {
  const digest = createHash("sha256").update(`${seed}:${path}:${eventId}:${attempt}`).digest();
  const chance = digest.readUInt32BE(0) / 2 ** 32;
  if (attempt > lastFault || chance < 0.6) return { kind: "take", afterMs: 0 };
  if (chance < 0.66) return { kind: "take", afterMs: 300 };
  if (chance < 0.75) return { kind: "refuse", status: 500 };
  if (chance < 0.8) return { kind: "refuse", status: 503 };
  if (chance < 0.85) return { kind: "refuse", status: 429, retryAfterSeconds: 1 };
  if (chance < 0.92) return { kind: "reset" };
  if (chance < 0.96) return { kind: "break-off" };
  return { kind: "hang" };
}
