import { nativeChatRequestSchema } from "@tokenhub/contracts/api";
import { readWishes } from "../../admission/routing-wishes.ts";
import { readCacheWish } from "../../cache/cache-wish.ts";
import { validateBody } from "../../http/validate-body.ts";
import { answerWishesOf, readOrchestration } from "../../orchestration/read-orchestration.ts";
import type { EndpointRequest, JsonObject } from "../../sync/generation-endpoint.ts";
import { encodeNativeAnswer } from "./encode-native-answer.ts";
import { chatBodyOf, needsOf } from "./native-request.ts";

/** Reads the nested body into one of the OpenAI chat format. */
export function readNativeChat(body: JsonObject): EndpointRequest {
  validateBody(nativeChatRequestSchema, body);
  const { request, capabilities, policy, output_format, include_decision } =
    nativeChatRequestSchema.parse(body);
  const orchestration = readOrchestration(body["orchestration"], { at: "orchestration" });
  const forwarded = chatBodyOf(request);
  return {
    wireFormat: "openai-chat",
    body: forwarded,
    bodyText: JSON.stringify(forwarded),
    wishes: readWishes(policy, { at: "policy" }),
    estimatedInputTokens: request.estimated_input_tokens || null,
    needs: needsOf(capabilities),
    answer: answerWishesOf(orchestration, {
      outputFormat: output_format ?? undefined,
      outputSchema: request.output_schema ?? undefined,
      includeDecision: include_decision ?? false,
    }),
    cache: readCacheWish(body["cache"], { at: "cache" }),
    ...(orchestration.wish === undefined ? {} : { orchestration: orchestration.wish }),
    encodeAnswer: encodeNativeAnswer(request.id ?? null),
  };
}
