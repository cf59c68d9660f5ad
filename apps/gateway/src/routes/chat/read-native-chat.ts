import { capabilitySchema, nativeChatRequestSchema, type Capability } from "@tokenhub/contracts";
import { readWishes } from "../../admission/routing-wishes.ts";
import { readCacheWish } from "../../cache/cache-wish.ts";
import { validateBody } from "../../http/validate-body.ts";
import type { EndpointRequest, JsonObject } from "../../sync/generation-endpoint.ts";
import { encodeNativeAnswer } from "./encode-native-answer.ts";

/** Members of `parameters` that the door decides itself. */
const ownParameters = new Set(["model", "messages", "stream", "system"]);

/** Reads the nested body into one of the OpenAI chat format. */
export function readNativeChat(body: JsonObject): EndpointRequest {
  validateBody(nativeChatRequestSchema, body);
  const { request, capabilities, policy, output_format, include_decision } =
    nativeChatRequestSchema.parse(body);
  const forwarded: JsonObject = {
    ...Object.fromEntries(
      Object.entries(request.parameters ?? {}).filter(([name]) => !ownParameters.has(name)),
    ),
    ...(request.model_hint ? { model: request.model_hint } : {}),
    messages: request.messages,
    ...(request.stream === true ? { stream: true } : {}),
  };
  return {
    wireFormat: "openai-chat",
    body: forwarded,
    bodyText: JSON.stringify(forwarded),
    wishes: readWishes(policy, { at: "policy" }),
    estimatedInputTokens: request.estimated_input_tokens || null,
    needs: needsOf(capabilities),
    answer: {
      outputFormat: output_format ?? undefined,
      outputSchema: request.output_schema ?? undefined,
      includeDecision: include_decision ?? false,
    },
    cache: readCacheWish(body["cache"], { at: "cache" }),
    encodeAnswer: encodeNativeAnswer(request.id ?? null),
  };
}

/** Capabilities by other names that clients use. */
const synonyms: Readonly<Record<string, Capability>> = { vision: "images", json: "structured_output" };

/** The known capabilities that are asked for; others are wishes of the client's own and change nothing. */
function needsOf(
  capabilities: readonly string[] | Readonly<Record<string, unknown>> | null | undefined,
): Capability[] {
  const names = Array.isArray(capabilities)
    ? capabilities
    : Object.entries(capabilities ?? {}).flatMap(([name, wanted]) => (wanted === true ? [name] : []));
  const known = names.flatMap((name) => {
    const parsed = capabilitySchema.safeParse(synonyms[name] ?? name);
    return parsed.success ? [parsed.data] : [];
  });
  return [...new Set(known)];
}
