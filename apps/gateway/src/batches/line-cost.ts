import type { Operation } from "@tokenhub/contracts";
import type { CatalogueIndex } from "@tokenhub/routing";
import { dearestCostUsd } from "../admission/dearest-cost.ts";

/** A little more than there are in any text that is not made to have many. */
const bytesPerToken = 3;

/** What a request of a batch may cost, in US dollars, without reading more of it than what bounds its answer. */
export function lineCostUsd(
  index: CatalogueIndex,
  {
    endpoint,
    model,
    body,
    bodyText,
  }: {
    readonly endpoint: string;
    readonly model: string;
    readonly body: Readonly<Record<string, unknown>>;
    readonly bodyText: string;
  },
): number {
  const stated = body["max_tokens"] ?? body["max_completion_tokens"] ?? body["max_output_tokens"];
  return dearestCostUsd(index, {
    operation: operationOf(endpoint),
    requestedModel: model,
    estimatedInputTokens: Math.ceil(bodyText.length / bytesPerToken),
    maxOutputTokens: typeof stated === "number" && stated >= 0 ? Math.floor(stated) : null,
    allowedModelIds: null,
    policy: { allowFallback: false, maxBudgetUsd: null },
  });
}

function operationOf(endpoint: string): Operation {
  if (endpoint === "/v1/embeddings") return "embeddings";
  return endpoint === "/v1/completions" ? "completion" : "chat";
}
