import type { IncomingHttpHeaders } from "node:http";
import type { AnswerFormat, OfferedTool, ToolChoice } from "../../answer/question.ts";
import { arrayOf, numberOf, objectOf, stringOf, type JsonObject } from "../../json-value.ts";
import { contentText, promptBytes } from "../prompt-text.ts";
import { refuse, type ReadQuestion } from "../surface.ts";

/** From this version on the API refuses sampling parameters. */
const versionWithoutSampling = "2026-10-21";
const samplingParameters = ["temperature", "top_p", "top_k"];

/** Reads the body of `POST /v1/messages`; refuses what the API refuses: a missing version, model, limit or message. */
export function readMessagesQuestion(body: JsonObject, headers: IncomingHttpHeaders): ReadQuestion {
  const version = stringOf(headers["anthropic-version"]);
  if (version === null) return refuse("anthropic-version: header is required");
  const model = stringOf(body["model"]);
  if (model === null || model === "") return refuse("model: Field required");
  const maxTokens = numberOf(body["max_tokens"]);
  if (maxTokens === null) return refuse("max_tokens: Field required");
  const messages = arrayOf(body["messages"]);
  if (messages.length === 0) return refuse("messages: at least one message is required");
  const sampling = samplingParameters.find((name) => name in body);
  if (sampling !== undefined && version >= versionWithoutSampling) {
    return refuse(`${sampling}: Extra inputs are not permitted`);
  }
  return {
    isValid: true,
    question: {
      model,
      stream: body["stream"] === true,
      includeUsage: true,
      choices: 1,
      lastUserText: lastUserText(messages),
      isUsersTurn: isUsersTurn(messages),
      promptBytes: messagesPromptBytes(body),
      tools: readTools(body["tools"]),
      toolChoice: readToolChoice(body["tool_choice"]),
      format: readFormat(body["output_config"]),
      maxTokens,
      wantsReasoning: ["enabled", "adaptive"].includes(stringOf(objectOf(body["thinking"])["type"]) ?? ""),
      stopSequence: stringOf(arrayOf(body["stop_sequences"])[0]),
      body,
    },
  };
}

/** UTF-8 bytes of the text in the system prompt and the messages. */
export function messagesPromptBytes(body: JsonObject): number {
  return promptBytes(body["system"]) + promptBytes(body["messages"]);
}

function lastUserText(messages: readonly unknown[]): string {
  const texts = messages
    .filter((message) => objectOf(message)["role"] === "user")
    .map((message) => contentText(objectOf(message)["content"]));
  return texts.findLast((text) => text !== "") ?? "";
}

function isUsersTurn(messages: readonly unknown[]): boolean {
  const { role, content } = objectOf(messages.at(-1));
  return role === "user" && !arrayOf(content).some((part) => objectOf(part)["type"] === "tool_result");
}

function readTools(tools: unknown): readonly OfferedTool[] {
  return arrayOf(tools).flatMap((tool) => {
    const { name, input_schema: schema } = objectOf(tool);
    return typeof name === "string" ? [{ name, schema }] : [];
  });
}

function readToolChoice(choice: unknown): ToolChoice {
  const { type, name } = objectOf(choice);
  if (type === "tool" && typeof name === "string") return { kind: "named", name };
  if (type === "any") return { kind: "required" };
  return { kind: type === "none" ? "none" : "auto" };
}

function readFormat(outputConfig: unknown): AnswerFormat {
  const { type, schema } = objectOf(objectOf(outputConfig)["format"]);
  return type === "json_schema" ? { kind: "schema", schema } : { kind: "text" };
}
