import { TokenHubError } from "@tokenhub/contracts";
import { transcodeRequest } from "@tokenhub/translation";
import { isConversation } from "../output/extend-conversation.ts";
import type { EndpointRequest, JsonObject } from "../sync/generation-endpoint.ts";

/** The caller's conversation as every call of a run gets it. */
export interface ConversationBody {
  /** In the OpenAI chat format, without `model`, `stream` and `n`. */
  readonly body: JsonObject;
  /** What of the caller's format could not be expressed, one sentence each. */
  readonly warnings: readonly string[];
}

/** @throws TokenHubError `invalid_request` for what is no conversation, and for several choices. */
export function conversationBody(read: Pick<EndpointRequest, "wireFormat" | "body">): ConversationBody {
  const { wireFormat } = read;
  if (!isConversation(wireFormat))
    throw new TokenHubError(
      "invalid_request",
      "Orchestrations take conversations. Send this to /v1/chat/completions, /v1/responses, /v1/messages, /v1/chat or /v1/plan.",
      { param: "model" },
    );
  const { body, warnings } = asOpenAiChat({ wireFormat, body: read.body });
  const { model: _model, stream: _stream, stream_options: _options, n, ...conversation } = body;
  if (typeof n === "number" && n > 1)
    throw new TokenHubError("invalid_request", "An orchestration has one final answer: leave `n` out.", {
      param: "n",
    });
  return { body: conversation, warnings };
}

function asOpenAiChat({ wireFormat, body }: Pick<EndpointRequest, "wireFormat" | "body">): ConversationBody {
  if (wireFormat === "openai-chat") return { body, warnings: [] };
  const transcoded = transcodeRequest({
    from: wireFormat,
    to: "openai-chat",
    bodyText: JSON.stringify(body),
    // The model's name is taken out again: each call has its own.
    target: { model: "any", stream: false, maxOutputTokens: null, extensions: ["top_k"] },
  });
  return { body: JSON.parse(transcoded.bodyText) as JsonObject, warnings: transcoded.warnings };
}
