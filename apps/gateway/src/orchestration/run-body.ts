import type { RunReport } from "@tokenhub/orchestration";
import type { JsonObject } from "../sync/generation-endpoint.ts";

/** What the result of a run holds. */
export interface RunBody {
  readonly report: RunReport | null;
  /** The final answer as a chat completion; null: the run has none. */
  readonly completion: JsonObject | null;
}

/** Parts a run's result, which our own orchestrator wrote, into the answer and what there is to say about it. */
export function readRunBody(text: string): RunBody {
  if (text === "") return { report: null, completion: null };
  const { tokenhub_run: report, ...completion } = JSON.parse(text) as JsonObject;
  return {
    report: (report as RunReport | undefined) ?? null,
    completion: Array.isArray(completion["choices"]) ? completion : null,
  };
}
