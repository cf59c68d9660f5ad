/** One format a provider may speak, with good pieces from which bad answers are made. */
export interface WireSamples {
  readonly format: "openai" | "anthropic";
  /** A whole answer that says `text`, with other members on top where a case wants them. */
  body(text: string, members?: object): string;
  /** The same with other members in its message: a choice's message, or the message itself. */
  bodyWithMessage(members: object): string;
  /** A whole answer with one tool call, whose arguments stand in the place of `argumentsText`. */
  toolBody(argumentsJson: string): string;
  /** Stream events up to the first token, which they do not include. */
  readonly opening: readonly string[];
  /** One event with a piece of text. */
  token(text: string): string;
  /** The finish reason and the usage, without the last event. */
  readonly closing: readonly string[];
  /** `[DONE]`, `message_stop`. */
  readonly terminal: string;
  /** An error body as the vendor sends it. */
  error(error: { readonly type: string; readonly message: string }): string;
  /** The same as a stream event. */
  errorEvent(error: { readonly type: string; readonly message: string }): string;
}

/** A whole good stream that says `hello world`. */
export function goodStream(wire: WireSamples): string[] {
  return [...wire.opening, wire.token("hello "), wire.token("world"), ...wire.closing, wire.terminal];
}

const data = (payload: object): string => `data: ${JSON.stringify(payload)}\n\n`;
const named = (payload: { readonly type: string }): string =>
  `event: ${payload.type}\ndata: ${JSON.stringify(payload)}\n\n`;

const chunkHead = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "up" };
const chunk = (delta: object, finishReason: string | null = null): string =>
  data({ ...chunkHead, choices: [{ index: 0, delta, finish_reason: finishReason }] });

function completion(message: object, members: object = {}): string {
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "up",
    choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
    usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    ...members,
  });
}

export const openAi: WireSamples = {
  format: "openai",
  body: (text, members) => completion({ content: text }, members),
  bodyWithMessage: (members) => completion(members),
  toolBody: (argumentsJson) =>
    completion({
      content: null,
      tool_calls: [{ id: "call_1", type: "function", function: { name: "f", arguments: "@" } }],
    }).replace('"@"', () => argumentsJson),
  opening: [chunk({ role: "assistant", content: "" })],
  token: (text) => chunk({ content: text }),
  closing: [
    chunk({}, "stop"),
    data({
      ...chunkHead,
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
    }),
  ],
  terminal: "data: [DONE]\n\n",
  error: (error) => JSON.stringify({ error: { ...error, param: null, code: null } }),
  errorEvent: (error) => data({ error: { ...error, param: null, code: null } }),
};

function message(members: object): string {
  return JSON.stringify({
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "up",
    content: [],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 5, output_tokens: 2 },
    ...members,
  });
}

export const anthropic: WireSamples = {
  format: "anthropic",
  body: (text, members) => message({ content: [{ type: "text", text }], ...members }),
  bodyWithMessage: (members) => message(members),
  toolBody: (argumentsJson) =>
    message({
      content: [{ type: "tool_use", id: "toolu_1", name: "f", input: "@" }],
      stop_reason: "tool_use",
    }).replace('"@"', () => argumentsJson),
  opening: [
    named({
      type: "message_start",
      message: JSON.parse(message({ stop_reason: null })) as object,
    } as { type: string }),
    named({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as {
      type: string;
    }),
  ],
  token: (text) =>
    named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } } as { type: string }),
  closing: [
    named({ type: "content_block_stop", index: 0 } as { type: string }),
    named({
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 2 },
    } as { type: string }),
  ],
  terminal: named({ type: "message_stop" }),
  error: (error) => JSON.stringify({ type: "error", error }),
  errorEvent: (error) => named({ type: "error", error } as { type: string }),
};
