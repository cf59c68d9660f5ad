import { invalidRequest } from "../invalid-request.ts";
import type { JsonObject } from "../json-value.ts";

/**
 * The one text that is to be continued. Several texts, token ids and an empty prompt are understood by models that serve
 * completions natively, where the body passes through; a chat model cannot be asked that.
 * @throws TokenHubError invalid_request
 */
export function readPrompt(prompt: unknown): string {
  const texts: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  const [text] = texts;
  if (Array.isArray(prompt) && texts.length > 1 && texts.every((entry) => typeof entry === "string")) {
    throw invalidRequest(
      "prompt",
      "must be one text: this model answers one prompt per request, so send one request per prompt",
    );
  }
  if (typeof text !== "string") {
    throw invalidRequest("prompt", "must be text: token ids and absent prompts cannot be translated");
  }
  if (text === "") throw invalidRequest("prompt", "must not be empty for this model");
  return text;
}

/**
 * What `echo` asks to have before the generated text: the prompt of a request with `echo` and one text; else null. For
 * `ResponseContext.echoedPrompt`, which matters only where an answer is translated; a native provider echoes itself.
 */
export function readEchoedPrompt(body: JsonObject): string | null {
  if (body["echo"] !== true) return null;
  const { prompt } = body;
  const texts: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  const [text] = texts;
  return texts.length === 1 && typeof text === "string" ? text : null;
}
