import { createSseParser } from "@tokenhub/translation";

export const callers = ["openai", "anthropic"] as const;
export type Caller = (typeof callers)[number];

/** What a caller makes of an answer, read as its client would; `raw` is the body as it came. */
export interface GarbageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly raw: string;
  readonly text: string;
  /** Arguments of tool calls as the caller gets them: text for OpenAI callers, objects for Anthropic ones. */
  readonly toolInputs: readonly unknown[];
  readonly error: { readonly type: string; readonly code: string | null; readonly message: string } | null;
  /** A stream with its last event, or a whole answer that is no error. */
  readonly isComplete: boolean;
  readonly usage: Readonly<Record<string, unknown>> | null;
  readonly finish: string | null;
  readonly durationMs: number;
}

export type Seen = Pick<GarbageAnswer, "text" | "toolInputs" | "error" | "isComplete" | "usage" | "finish">;

const nothing: Seen = { text: "", toolInputs: [], error: null, isComplete: false, usage: null, finish: null };

interface LooseError {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

function errorOf({ type, code, message }: LooseError): NonNullable<Seen["error"]> {
  return { type: String(type), code: typeof code === "string" ? code : null, message: String(message) };
}

interface LooseAnswer {
  readonly type?: string;
  readonly error?: LooseError;
  readonly request_id?: unknown;
  readonly choices?: readonly {
    readonly finish_reason?: string | null;
    readonly message?: LooseMessage;
    readonly delta?: LooseMessage;
  }[];
  readonly content?: unknown;
  readonly delta?: { readonly text?: unknown; readonly partial_json?: string; readonly stop_reason?: string };
  readonly stop_reason?: string | null;
  readonly usage?: Readonly<Record<string, unknown>> | null;
}
/** Null: a provider may send anything in a list, and its own format is passed on as it is. */
type LooseBlock = { readonly type?: unknown; readonly text?: unknown; readonly input?: unknown } | null;
interface LooseMessage {
  readonly content?: unknown;
  readonly tool_calls?: readonly { readonly function?: { readonly arguments?: unknown } }[] | null;
}

/** @throws SyntaxError where an answer is not JSON: a client would, too. */
export function readWholeAnswer(raw: string, caller: Caller): Seen {
  const body = JSON.parse(raw) as LooseAnswer;
  if (body.error !== undefined) {
    const keys = Object.keys(body).toSorted().join();
    const isOfFormat = keys === (caller === "openai" ? "error" : "error,request_id,type");
    return {
      ...nothing,
      error: errorOf(isOfFormat ? body.error : { message: `of another format: ${keys}` }),
    };
  }
  if (caller === "anthropic") {
    const blocks = Array.isArray(body.content) ? (body.content as readonly LooseBlock[]) : [];
    return {
      ...nothing,
      text: blocks.map((block) => textOf(block?.text)).join(""),
      toolInputs: blocks.filter((block) => block?.type === "tool_use").map((block) => block?.input),
      usage: body.usage ?? null,
      finish: body.stop_reason ?? null,
      isComplete: body.type === "message" && Array.isArray(body.content),
    };
  }
  const choice = body.choices?.[0];
  const { content, tool_calls: calls } = choice?.message ?? {};
  return {
    ...nothing,
    text: textOf(content),
    toolInputs: (calls ?? []).map((call) => call.function?.arguments),
    usage: body.usage ?? null,
    finish: choice?.finish_reason ?? null,
    isComplete: choice?.message !== undefined,
  };
}

/** @throws SyntaxError where an event is not JSON. */
export function readStreamedAnswer(raw: string, caller: Caller): Seen {
  const events = createSseParser().push(raw);
  return events.reduce<Seen>((seen, { data }) => {
    if (caller === "openai" && data === "[DONE]") return { ...seen, isComplete: true };
    const event = JSON.parse(data) as LooseAnswer;
    if (event.error !== undefined) return { ...seen, error: errorOf(event.error) };
    return caller === "openai" ? withChunk(seen, event) : withEvent(seen, event);
  }, nothing);
}

function withChunk(seen: Seen, chunk: LooseAnswer): Seen {
  const choice = chunk.choices?.[0];
  const { content, tool_calls: calls } = choice?.delta ?? {};
  // In its own format a provider's stream is passed on as it is, nonsense included.
  const pieces = Array.isArray(calls) ? calls.map((call) => textOf(call.function?.arguments)) : [];
  return {
    ...seen,
    text: seen.text + textOf(content),
    toolInputs: pieces.length === 0 ? seen.toolInputs : [textOf(seen.toolInputs[0]) + pieces.join("")],
    usage: chunk.usage ?? seen.usage,
    finish: choice?.finish_reason ?? seen.finish,
  };
}

function withEvent(seen: Seen, event: LooseAnswer): Seen {
  if (event.type === "message_stop") return { ...seen, isComplete: true };
  const { text, partial_json: json, stop_reason: stop } = event.delta ?? {};
  return {
    ...seen,
    text: seen.text + textOf(text),
    toolInputs: json === undefined ? seen.toolInputs : [textOf(seen.toolInputs[0]) + json],
    usage: event.usage ?? seen.usage,
    finish: stop ?? seen.finish,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
