import { TokenHubError, type WireFormatName } from "@tokenhub/contracts";
import { spliceTopLevel } from "@tokenhub/translation";
import type { z } from "zod";
import { readWishes } from "../admission/routing-wishes.ts";
import { readCacheWish } from "../cache/cache-wish.ts";
import { validateBody } from "../http/validate-body.ts";
import { answerWishesOf, readOrchestration } from "../orchestration/read-orchestration.ts";
import { readFlag } from "./read-flag.ts";
import type { AnswerWishes, EndpointRequest, GenerationEndpoint, JsonObject } from "./generation-endpoint.ts";

/** Reads a body of an official wire format, which may carry TokenHub's wishes in a member of its own. */
export function readStandardRequest(format: {
  readonly wireFormat: WireFormatName;
  readonly bodySchema: z.ZodType;
}): GenerationEndpoint["read"] {
  return (body, { bodyText }) => {
    validateBody(format.bodySchema, body);
    const { tokenhub, ...standard } = body;
    const { answer, cache, wishes, orchestration } = splitOptions(tokenhub);
    return {
      wireFormat: format.wireFormat,
      body: standard,
      bodyText: tokenhub === undefined ? bodyText : spliceTopLevel(bodyText, { tokenhub: undefined }),
      wishes,
      estimatedInputTokens: null,
      needs: [],
      answer,
      cache,
      ...(orchestration === undefined ? {} : { orchestration }),
      encodeAnswer: null,
    } satisfies EndpointRequest;
  };
}

const noAnswerWishes: AnswerWishes = Object.freeze({
  outputFormat: undefined,
  outputSchema: undefined,
  includeDecision: false,
});

type Options = Required<Pick<EndpointRequest, "answer" | "cache" | "wishes">> &
  Pick<EndpointRequest, "orchestration">;

/** Parts the `tokenhub` member of a body into what is done to the answer, what routing should heed and what is orchestrated. */
function splitOptions(tokenhub: unknown): Options {
  if (tokenhub === undefined) return { answer: noAnswerWishes, cache: null, wishes: {} };
  if (typeof tokenhub !== "object" || tokenhub === null || Array.isArray(tokenhub))
    throw new TokenHubError("invalid_request", "`tokenhub` must be an object of wishes.", {
      param: "tokenhub",
    });
  const { output_format, output_schema, include_decision, cache, orchestration, ...routing } =
    tokenhub as JsonObject;
  const stated = readOrchestration(orchestration, { at: "tokenhub.orchestration" });
  return {
    ...(stated.wish === undefined ? {} : { orchestration: stated.wish }),
    answer: answerWishesOf(stated, {
      outputFormat: output_format,
      outputSchema: output_schema,
      includeDecision: readFlag(include_decision, "tokenhub.include_decision"),
    }),
    cache: readCacheWish(cache, { at: "tokenhub.cache" }),
    wishes: readWishes(routing, { at: "tokenhub" }),
  };
}
