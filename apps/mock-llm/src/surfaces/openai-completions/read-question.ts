import { arrayOf, numberOf, objectOf, stringOf, type JsonObject } from "../../json-value.ts";
import { contentText, promptBytes } from "../prompt-text.ts";
import { refuse, type ReadQuestion } from "../surface.ts";

/** Reads the body of `POST /v1/completions`; of several prompts the last is echoed. */
export function readCompletionQuestion(body: JsonObject): ReadQuestion {
  const model = stringOf(body["model"]);
  if (model === null || model === "") return refuse("A model is needed.", { param: "model" });
  const prompt = body["prompt"];
  if (prompt === undefined) return refuse("A prompt is needed.", { param: "prompt" });
  return {
    isValid: true,
    question: {
      model,
      stream: body["stream"] === true,
      includeUsage: objectOf(body["stream_options"])["include_usage"] === true,
      choices: Math.max(1, numberOf(body["n"]) ?? 1),
      lastUserText: contentText(stringOf(prompt) ?? arrayOf(prompt).at(-1)),
      isUsersTurn: true,
      promptBytes: promptBytes(prompt),
      tools: [],
      toolChoice: { kind: "none" },
      format: { kind: "text" },
      maxTokens: numberOf(body["max_tokens"]),
      wantsReasoning: false,
      stopSequence: null,
      body,
    },
  };
}
