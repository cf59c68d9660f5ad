import { arrayOf, numberOf, objectOf, stringOf, type JsonObject } from "../../json-value.ts";
import { readOpenAiFormat, readOpenAiToolChoice, readOpenAiTools } from "../openai-tools.ts";
import { contentText, promptBytes } from "../prompt-text.ts";
import { refuse, type ReadQuestion } from "../surface.ts";

/** Reads the body of `POST /v1/chat/completions`. */
export function readChatQuestion(body: JsonObject): ReadQuestion {
  const model = stringOf(body["model"]);
  if (model === null || model === "") return refuse("A model is needed.", { param: "model" });
  const messages = arrayOf(body["messages"]);
  if (messages.length === 0) return refuse("At least one message is needed.", { param: "messages" });
  const lastUser = messages.findLast((message) => objectOf(message)["role"] === "user");
  return {
    isValid: true,
    question: {
      model,
      stream: body["stream"] === true,
      includeUsage: objectOf(body["stream_options"])["include_usage"] === true,
      choices: Math.max(1, numberOf(body["n"]) ?? 1),
      lastUserText: contentText(objectOf(lastUser)["content"]),
      isUsersTurn: objectOf(messages.at(-1))["role"] === "user",
      promptBytes: promptBytes(messages),
      tools: readOpenAiTools(body["tools"]),
      toolChoice: readOpenAiToolChoice(body["tool_choice"]),
      format: readOpenAiFormat(body["response_format"]),
      maxTokens: numberOf(body["max_completion_tokens"]) ?? numberOf(body["max_tokens"]),
      wantsReasoning: false,
      stopSequence: null,
      body,
    },
  };
}
