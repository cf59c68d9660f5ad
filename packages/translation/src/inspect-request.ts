import type { Capability, WireFormatName } from "@tokenhub/contracts";
import { inspectAnthropicMessages } from "./anthropic-messages/inspect.ts";
import { inspectOpenAiChat } from "./openai-chat/inspect.ts";
import { inspectOpenAiCompletions } from "./openai-completions/inspect.ts";
import { inspectOpenAiEmbeddings } from "./openai-embeddings/inspect.ts";
import { inspectOpenAiResponses } from "./openai-responses/inspect.ts";

/** What routing must know of a request before anything is translated. */
export interface RequestInspection {
  /** Null when the body names no model. */
  readonly model: string | null;
  readonly stream: boolean;
  readonly estimatedInputTokens: number;
  readonly maxOutputTokens: number | null;
  /** Features the request cannot do without; subset of `tools`, `images`, `structured_output`, `reasoning`. */
  readonly needs: Capability[];
}

/**
 * Reads model, stream, limits and needs off a request body and estimates its input:
 *
 *     per message, per system prompt    floor(UTF-8 bytes of its text / 4)
 *     per tool definition (as JSON)     floor(bytes / 4)
 *     per tool call's arguments         floor(bytes / 4)
 *     per tool result                   floor(bytes of its text / 4)
 *     per image 1,024 · per PDF or other binary document 3,000 · per audio clip 1,000
 *     completions: per prompt           floor(bytes / 4)
 *     embeddings: per input text floor(bytes / 4), per token list its length
 *
 * Tolerant (what is malformed counts nothing) and linear in the size of the body.
 */
export function inspectRequest(format: WireFormatName, body: Record<string, unknown>): RequestInspection {
  switch (format) {
    case "openai-chat":
      return inspectOpenAiChat(body);
    case "openai-completions":
      return inspectOpenAiCompletions(body);
    case "anthropic-messages":
      return inspectAnthropicMessages(body);
    case "openai-responses":
      return inspectOpenAiResponses(body);
    case "openai-embeddings":
      return inspectOpenAiEmbeddings(body);
  }
}
