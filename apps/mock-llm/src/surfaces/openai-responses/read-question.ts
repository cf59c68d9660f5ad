import { arrayOf, numberOf, objectOf, stringOf, type JsonObject } from "../../json-value.ts";
import { readOpenAiFormat, readOpenAiToolChoice, readOpenAiTools } from "../openai-tools.ts";
import { contentText, promptBytes } from "../prompt-text.ts";
import { refuse, type ReadQuestion } from "../surface.ts";

/** Reads the body of `POST /v1/responses`; `previous_response_id` is accepted and means nothing. */
export function readResponsesQuestion(body: JsonObject): ReadQuestion {
  const model = stringOf(body["model"]);
  if (model === null || model === "") return refuse("A model is needed.", { param: "model" });
  const input = body["input"];
  if (typeof input !== "string" && arrayOf(input).length === 0) {
    return refuse("An input is needed.", { param: "input" });
  }
  const items = typeof input === "string" ? [{ role: "user", content: input }] : arrayOf(input);
  const lastUser = items.findLast((item) => objectOf(item)["role"] === "user");
  return {
    isValid: true,
    question: {
      model,
      stream: body["stream"] === true,
      includeUsage: true,
      choices: 1,
      lastUserText: contentText(objectOf(lastUser)["content"]),
      isUsersTurn: objectOf(items.at(-1))["role"] === "user",
      promptBytes: promptBytes(input) + promptBytes(body["instructions"]),
      tools: readOpenAiTools(body["tools"]),
      toolChoice: readOpenAiToolChoice(body["tool_choice"]),
      format: readOpenAiFormat(objectOf(body["text"])["format"]),
      maxTokens: numberOf(body["max_output_tokens"]),
      wantsReasoning: false,
      stopSequence: null,
      body,
    },
  };
}
