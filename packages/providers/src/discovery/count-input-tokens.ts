import type { CallFailure } from "@tokenhub/contracts";
import { missingBaseUrl } from "../client/call-provider.ts";
import { checkCredential } from "../client/check-credential.ts";
import { endpointsOf } from "../client/endpoint-urls.ts";
import { isBuiltIn, type HttpRequest, type ProviderDefinition } from "../definition/provider-definition.ts";
import { badResponse } from "../failure/call-failure.ts";
import { findProvider } from "../registry.ts";
import { askJson } from "./ask-json.ts";
import type { ProviderTarget } from "./ask-models.ts";

const defaultTimeoutMs = 2_000;
const maxBytes = 33_554_432;

export interface TokenCountTarget extends ProviderTarget {
  /** A chat request in the wire format of the provider's type. */
  readonly bodyText: string;
  readonly upstreamModel: string;
}

export type TokenCount =
  | { readonly kind: "counted"; readonly inputTokens: number }
  /** The type has no way of counting: estimate instead. */
  | { readonly kind: "unsupported" }
  | { readonly kind: "failed"; readonly failure: CallFailure };

/**
 * How many input tokens a chat request has by the provider's own tokenizer: Anthropic's `count_tokens`, vLLM's `/tokenize`.
 * At most 2 s unless told; it costs no tokens, but a rate-limited request. Never throws.
 */
export async function countInputTokens(target: TokenCountTarget): Promise<TokenCount> {
  const definition = target.definition ?? findProvider(target.provider.type);
  if (definition === null || isBuiltIn(definition) || definition.tokenCount === undefined) {
    return { kind: "unsupported" };
  }
  const credentialFailure = checkCredential(target.apiKey, definition);
  if (credentialFailure !== null) return { kind: "failed", failure: credentialFailure };
  const [baseUrl] = endpointsOf(target.provider, definition);
  if (baseUrl === undefined) return { kind: "failed", failure: missingBaseUrl() };
  const { headers, options } = target.provider;
  const { apiKey, bodyText, upstreamModel } = target;
  const input = { baseUrl, apiKey, headers, options, bodyText, upstreamModel };
  const { tokenCount } = definition;
  const request = tokenCount.buildRequest(input);
  if (request === null) return { kind: "unsupported" };
  return ask(request, { definition, target, readCount: (json) => tokenCount.readCount(json) });
}

interface Question {
  readonly definition: ProviderDefinition;
  readonly target: TokenCountTarget;
  readonly readCount: (json: unknown) => number | null;
}

async function ask(request: HttpRequest, { definition, target, readCount }: Question): Promise<TokenCount> {
  const { reply } = await askJson(request, {
    definition,
    apiKey: target.apiKey,
    signal: target.signal ?? new AbortController().signal,
    timeoutMs: target.timeoutMs ?? defaultTimeoutMs,
    // vLLM lists every token beside their number.
    maxBytes,
    clock: target.clock ?? Date.now,
  });
  if (reply.kind === "failed") return { kind: "failed", failure: reply.failure };
  const inputTokens = reply.kind === "body" ? readCount(reply.json) : null;
  if (inputTokens !== null) return { kind: "counted", inputTokens };
  return { kind: "failed", failure: badResponse("The provider did not say how many tokens there are.", 200) };
}
