import type { JsonObject } from "../json-value.ts";
import { encodeEmbeddings, readEmbeddingsQuestion } from "../surfaces/openai-embeddings/encode-embeddings.ts";
import type { Exchange } from "./exchange.ts";
import type { ProviderDeps } from "./provider-deps.ts";
import { serveJson } from "./serve-json.ts";
import { serveUnderPlan } from "./serve-under-plan.ts";

/** Answers an embeddings request under the same plans, limits and faults as a generation request. */
export async function serveEmbeddings(
  exchange: Exchange,
  { body, deps }: { readonly body: JsonObject; readonly deps: ProviderDeps },
): Promise<void> {
  const read = readEmbeddingsQuestion(body);
  if (!read.isValid) return exchange.sendError(read.error);
  const { question } = read;
  const active = deps.plans.forModel(question.model);
  const { usage } = active.plan;
  const promptTokens = usage?.inputTokens ?? question.promptTokens;
  return serveUnderPlan(exchange, {
    active,
    limiter: deps.limiter,
    model: question.model,
    promptTokens,
    totalTokens: promptTokens,
    isStream: false,
    respond: ({ fault, timing }) => {
      const answer = encodeEmbeddings(question, { promptTokens: usage === null ? null : promptTokens });
      return serveJson(exchange, { body: answer, tokens: 0, fault, timing });
    },
  });
}
