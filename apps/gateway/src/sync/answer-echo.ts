import { readEchoedPrompt } from "@tokenhub/translation";
import type { EndpointRequest, JsonObject } from "./generation-endpoint.ts";

/** What an answer repeats of its request. */
export interface AnswerEcho {
  /** What a text completion repeats before its answer; null: nothing. */
  readonly echoedPrompt: string | null;
  /** The request whose parameters a response repeats; absent: of another format, which repeats none. */
  readonly requestBody?: JsonObject;
}

export function answerEchoOf({ wireFormat, body }: Pick<EndpointRequest, "wireFormat" | "body">): AnswerEcho {
  switch (wireFormat) {
    case "openai-completions":
      return { echoedPrompt: readEchoedPrompt(body) };
    case "openai-responses":
      return { echoedPrompt: null, requestBody: body };
    case "openai-chat":
    case "anthropic-messages":
    case "openai-embeddings":
      return { echoedPrompt: null };
  }
}
