import { unfinishedLineCount, type StoredBatch } from "@tokenhub/persistence";

/** What a batch needs its gateway to do. */
export type BatchStep =
  | { readonly kind: "check" }
  | { readonly kind: "expand"; readonly lines: number }
  | { readonly kind: "cancel_jobs" }
  | { readonly kind: "finish" }
  | { readonly kind: "wait" };

/** @param room lines that may be unfinished jobs. */
export function nextStep(
  batch: Pick<StoredBatch, "state" | "total" | "nextLine" | "counts" | "expiresAtMs">,
  { room, nowMs }: { readonly room: number; readonly nowMs: number },
): BatchStep {
  const unfinished = unfinishedLineCount(batch);
  switch (batch.state) {
    case "validating":
      return { kind: "check" };
    case "in_progress": {
      const rest = batch.total - (batch.nextLine - 1);
      // From then on jobs that have not begun expire by themselves.
      const takesMore = rest > 0 && nowMs < batch.expiresAtMs;
      if (!takesMore) return unfinished === 0 ? { kind: "finish" } : { kind: "wait" };
      const lines = Math.min(rest, room - unfinished);
      return lines > 0 ? { kind: "expand", lines } : { kind: "wait" };
    }
    case "cancelling":
      return unfinished === 0 ? { kind: "finish" } : { kind: "cancel_jobs" };
    case "finalizing":
      return { kind: "finish" };
    case "failed":
    case "completed":
    case "expired":
    case "cancelled":
      return { kind: "wait" };
  }
}

/** What becomes of a batch whose lines have all ended; lines that never became jobs count as they would have ended. */
export function outcomeOf(batch: Pick<StoredBatch, "total" | "nextLine" | "counts" | "cancellingAtMs">): {
  readonly state: "completed" | "expired" | "cancelled";
  readonly counts: StoredBatch["counts"];
} {
  const rest = Math.max(0, batch.total - (batch.nextLine - 1));
  const { counts, cancellingAtMs } = batch;
  if (cancellingAtMs !== null)
    return { state: "cancelled", counts: { ...counts, cancelled: counts.cancelled + rest } };
  const expired = counts.expired + rest;
  return { state: expired > 0 ? "expired" : "completed", counts: { ...counts, expired } };
}
