import { TokenHubError } from "@tokenhub/contracts";
import {
  describeInvalidDirective,
  mayHoldDirective,
  stripDirectivesFromBody,
  type Directives,
} from "@tokenhub/shaping";
import { readWishes, type RoutingWishes } from "../admission/routing-wishes.ts";
import type { EndpointRequest } from "./generation-endpoint.ts";

export interface DirectedRequest {
  /** The request without any directive text, in body and `bodyText`. */
  readonly read: EndpointRequest;
  readonly directives: Directives;
}

const none: Directives = Object.freeze({});

/**
 * Takes the directives out of a conversation, whatever becomes of the request, and lets them override what the body wishes.
 * @throws TokenHubError `invalid_directive` naming the key and the reason, not the value.
 */
export function applyDirectives(read: EndpointRequest): DirectedRequest {
  const { wireFormat } = read;
  const isConversation = wireFormat === "openai-chat" || wireFormat === "anthropic-messages";
  if (!isConversation || !mayHoldDirective(read.bodyText)) return { read, directives: none };
  const { body, reading } = stripDirectivesFromBody(read.body, { format: wireFormat });
  if (reading.kind === "invalid")
    throw new TokenHubError("invalid_directive", describeInvalidDirective(reading), { param: reading.key });
  if (body === read.body) return { read, directives: none };
  const directives = reading.kind === "valid" ? reading.directives : none;
  const directed = directives.model === undefined ? body : { ...body, model: directives.model };
  return {
    read: {
      ...read,
      body: directed,
      bodyText: JSON.stringify(directed),
      wishes: { ...read.wishes, ...wishesOf(directives) },
    },
    directives,
  };
}

/** The routing wishes among the directives; the reader has checked their values. */
function wishesOf(directives: Directives): RoutingWishes {
  const { mode, strategy, minWeight, primaryMinWeight } = directives;
  const wishes = readWishes(
    { ...(mode === undefined ? {} : { mode }), ...(strategy === undefined ? {} : { strategy }) },
    { at: "@@tokenhub" },
  );
  const weight = minWeight ?? primaryMinWeight;
  if (weight !== undefined) wishes.minWeight = weight;
  if (directives.maxBudgetUsd !== undefined) wishes.maxBudgetUsd = directives.maxBudgetUsd;
  if (directives.maxLatencyMs !== undefined) wishes.maxLatencyMs = directives.maxLatencyMs;
  if (directives.maxCostPer1kUsd !== undefined) wishes.maxCostPer1kUsd = directives.maxCostPer1kUsd;
  if (directives.minContextTokens !== undefined) wishes.minContextTokens = directives.minContextTokens;
  return wishes;
}
