import { TokenHubError } from "@tokenhub/contracts";
import {
  describeInvalidDirective,
  mayHoldDirective,
  stripDirectives,
  stripDirectivesFromBody,
  type Directives,
} from "@tokenhub/shaping";
import { readWishes, type RoutingWishes } from "../admission/routing-wishes.ts";
import { isConversation } from "../output/extend-conversation.ts";
import type { EndpointRequest, JsonObject } from "./generation-endpoint.ts";

export interface DirectedRequest {
  /** The request without any directive text, in body and `bodyText`. */
  readonly read: EndpointRequest;
  readonly directives: Directives;
}

const none: Directives = Object.freeze({});

/**
 * Takes the directives out of a request, whatever becomes of it, and reads those of a conversation. The prompt of a text
 * completion has no user who could state one, so there they are only taken out.
 * @throws TokenHubError `invalid_directive` naming the key and the reason, not the value.
 */
export function applyDirectives(read: EndpointRequest): DirectedRequest {
  const { wireFormat } = read;
  if (!mayHoldDirective(read.bodyText)) return { read, directives: none };
  if (wireFormat === "openai-completions") return { read: withoutDirectives(read), directives: none };
  if (!isConversation(wireFormat)) return { read, directives: none };
  const { body, reading } = stripDirectivesFromBody(read.body, { format: wireFormat });
  if (reading.kind === "invalid")
    throw new TokenHubError("invalid_directive", describeInvalidDirective(reading), { param: reading.key });
  if (body === read.body) return { read, directives: none };
  const directives = reading.kind === "valid" ? reading.directives : none;
  const directed = directives.model === undefined ? body : { ...body, model: directives.model };
  return { read: withBody(read, directed), directives };
}

/** The request with another body, in both its forms. */
export function withBody(read: EndpointRequest, body: JsonObject): EndpointRequest {
  return { ...read, body, bodyText: JSON.stringify(body) };
}

function withoutDirectives(read: EndpointRequest): EndpointRequest {
  const { prompt } = read.body;
  const strip = (text: unknown): unknown => (typeof text === "string" ? stripDirectives(text) : text);
  const stripped = Array.isArray(prompt) ? prompt.map(strip) : strip(prompt);
  return withBody(read, { ...read.body, prompt: stripped });
}

/**
 * The routing wishes among the directives; the reader has checked their values.
 * @param isOrchestrated the mode is that of an orchestration, and the weights of its parts are its own.
 */
export function directiveWishes(
  directives: Directives,
  { isOrchestrated }: { readonly isOrchestrated: boolean },
): RoutingWishes {
  const { strategy, minWeight, primaryMinWeight } = directives;
  const mode = isOrchestrated ? undefined : directives.mode;
  const wishes = readWishes(
    { ...(mode === undefined ? {} : { mode }), ...(strategy === undefined ? {} : { strategy }) },
    { at: "@@tokenhub" },
  );
  const weight = isOrchestrated ? minWeight : (minWeight ?? primaryMinWeight);
  if (weight !== undefined) wishes.minWeight = weight;
  if (directives.maxBudgetUsd !== undefined) wishes.maxBudgetUsd = directives.maxBudgetUsd;
  if (directives.maxLatencyMs !== undefined) wishes.maxLatencyMs = directives.maxLatencyMs;
  if (directives.maxCostPer1kUsd !== undefined) wishes.maxCostPer1kUsd = directives.maxCostPer1kUsd;
  if (directives.minContextTokens !== undefined) wishes.minContextTokens = directives.minContextTokens;
  return wishes;
}
