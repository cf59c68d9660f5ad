import type { Metrics } from "@tokenhub/telemetry";

/** Counts what becomes of occurrences. */
export function createScheduleMetrics(metrics: Metrics): {
  readonly occurred: (outcome: "made" | "refused") => void;
} {
  const occurrences = metrics.counter({
    name: "tokenhub_schedule_occurrences_total",
    help: "Occurrences of schedules that this gateway dealt with, by whether their job was made or refused.",
    labels: { outcome: ["made", "refused"] },
  });
  return { occurred: (outcome) => occurrences.add({ outcome }) };
}
