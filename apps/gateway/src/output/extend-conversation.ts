import type { WireFormatName } from "@tokenhub/contracts";
import type { JsonObject } from "../sync/generation-endpoint.ts";

/** Formats that hold a conversation which can be continued. */
export type ConversationFormat = Extract<
  WireFormatName,
  "openai-chat" | "anthropic-messages" | "openai-responses"
>;

export function isConversation(wireFormat: WireFormatName): wireFormat is ConversationFormat {
  return (
    wireFormat === "openai-chat" || wireFormat === "anthropic-messages" || wireFormat === "openai-responses"
  );
}

export interface SchemaDemand {
  readonly wireFormat: ConversationFormat;
  readonly schema: unknown;
  /** The same conversation is also given to models that talk about the answer, which are not to answer in JSON themselves. */
  readonly isFinalOnly: boolean;
}

/** Tells the model, in the system's voice, to answer in JSON that fits the schema; what the caller says there stays first. */
export function demandSchema(
  body: JsonObject,
  { wireFormat, schema, isFinalOnly }: SchemaDemand,
): JsonObject {
  const whose = isFinalOnly ? "An answer to the user has to be" : "Answer with";
  const demand = `${whose} one JSON value that fits this JSON Schema, and${isFinalOnly ? "" : " with"} nothing else: ${JSON.stringify(schema)}`;
  if (wireFormat === "openai-chat")
    return { ...body, messages: [...listOf(body["messages"]), { role: "system", content: demand }] };
  if (wireFormat === "openai-responses")
    return { ...body, input: [...itemsOf(body["input"]), { role: "system", content: demand }] };
  const { system } = body;
  const blocks = typeof system === "string" ? [{ type: "text", text: system }] : listOf(system);
  return { ...body, system: [...blocks, { type: "text", text: demand }] };
}

/** The conversation with the model's answer and what it is told about it. */
export function continueConversation(
  body: JsonObject,
  turn: {
    readonly wireFormat: WireFormatName;
    readonly answer: string;
    readonly instruction: string;
  },
): JsonObject {
  const added = [
    { role: "assistant", content: turn.answer },
    { role: "user", content: turn.instruction },
  ];
  return turn.wireFormat === "openai-responses"
    ? { ...body, input: [...itemsOf(body["input"]), ...added] }
    : { ...body, messages: [...listOf(body["messages"]), ...added] };
}

/** The input of a response as items. */
function itemsOf(input: unknown): readonly unknown[] {
  return typeof input === "string" ? [{ role: "user", content: input }] : listOf(input);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
