import type { CallLog } from "../calls/call-log.ts";

/** The mock's counters in the Prometheus text format. */
export function metricsText(log: Pick<CallLog, "counts" | "inFlight">): string {
  const lines = ["# TYPE mock_llm_calls_total counter"];
  for (const [model, byOutcome] of log.counts) {
    for (const [outcome, count] of byOutcome) {
      lines.push(`mock_llm_calls_total{model="${escapeLabel(model)}",outcome="${outcome}"} ${count}`);
    }
  }
  lines.push("# TYPE mock_llm_calls_in_flight gauge", `mock_llm_calls_in_flight ${log.inFlight}`);
  return `${lines.join("\n")}\n`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
