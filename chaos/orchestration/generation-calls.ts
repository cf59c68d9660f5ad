import type { MockLlm } from "@tokenhub/mock-llm";
import type { SeenCall } from "./judge-calls.ts";

/** The paid calls in the mock's log, from the given place on; looks at a provider's health cost nothing. */
export function generationCalls(mock: Pick<MockLlm, "calls">, fromIndex = 0): SeenCall[] {
  return mock
    .calls()
    .slice(fromIndex)
    .filter(({ method }) => method === "POST")
    .map(({ requestId, startedAtMs, finishedAtMs }) => ({
      requestId: requestId ?? "",
      startedAtMs,
      finishedAtMs,
    }));
}
