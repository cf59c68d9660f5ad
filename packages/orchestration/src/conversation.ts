import { TokenHubError } from "@tokenhub/contracts";

export type JsonObject = Readonly<Record<string, unknown>>;

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The caller's body of a run, apart. */
export interface Conversation {
  readonly messages: readonly unknown[];
  readonly parameters: JsonObject;
}

/** @throws TokenHubError `invalid_request` when the text is no body in the OpenAI chat format. */
export function readConversation(bodyText: string): Conversation {
  const body = parsed(bodyText);
  if (!isJsonObject(body) || !Array.isArray(body["messages"]))
    throw new TokenHubError("invalid_request", "The conversation of the run is no chat body.");
  const { messages, ...parameters } = body;
  return { messages: messages as readonly unknown[], parameters };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TokenHubError("invalid_request", "The conversation of the run is no JSON.", { cause });
  }
}

/**
 * The messages for a call that has no tools: providers refuse tool calls and their results where no tools are declared, so
 * both are told as text. Nothing is left out.
 */
export function withoutToolTurns(messages: readonly unknown[]): unknown[] {
  return messages.map((message) => (isJsonObject(message) ? withoutToolTurn(message) : message));
}

function withoutToolTurn(message: JsonObject): JsonObject {
  const { tool_calls: calls, function_call: call, tool_call_id: id, ...rest } = message;
  const role = message["role"];
  if (role === "tool" || role === "function") {
    const called = id ?? message["name"];
    const name = typeof called === "string" ? called : "";
    return { role: "user", content: withText(message["content"], `[Result of the tool call ${name}]`) };
  }
  const asked = [...(Array.isArray(calls) ? (calls as readonly unknown[]) : []), ...(call ? [call] : [])];
  if (role !== "assistant" || asked.length === 0) return message;
  return { ...rest, content: withText(message["content"], `[Called tools: ${JSON.stringify(asked)}]`) };
}

/** The note in front of whatever content there is. */
function withText(content: unknown, note: string): unknown {
  if (Array.isArray(content)) return [{ type: "text", text: note }, ...(content as readonly unknown[])];
  return typeof content === "string" && content !== "" ? `${note}\n${content}` : note;
}
