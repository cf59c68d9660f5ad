import { testApiKey } from "@tokenhub/testkit";

export interface Question {
  readonly format?: "openai" | "anthropic";
  /** Absent: the server picks. */
  readonly model?: string;
  readonly content?: string;
  readonly stream?: boolean;
  /** The `tokenhub` member of the body. */
  readonly wishes?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly requestId: string;
  /** The body as it came. */
  readonly raw: string;
  /** The parsed body, or the parsed `data` of every event of a stream. */
  readonly json: unknown;
  /** The model's words, whole or put together from the stream. */
  readonly text: string;
}

const answerWithinMs = 30_000;

/** Sends one request and waits for its whole answer. */
export async function ask(gateway: { readonly url: string }, question: Question): Promise<Answer> {
  return readAnswer(await send(gateway, question));
}

/** Sends one request and waits for its headers. */
export function send(gateway: { readonly url: string }, question: Question): Promise<Response> {
  const { format = "openai", model, content = "Say hello", stream, wishes, headers, signal } = question;
  const path = format === "openai" ? "/v1/chat/completions" : "/v1/messages";
  const limit = AbortSignal.timeout(answerWithinMs);
  return fetch(gateway.url + path, {
    method: "POST",
    signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}`, ...headers },
    body: JSON.stringify({
      ...(model === undefined ? {} : { model }),
      ...(format === "anthropic" ? { max_tokens: 100 } : {}),
      ...(stream === undefined ? {} : { stream }),
      ...(wishes === undefined ? {} : { tokenhub: wishes }),
      messages: [{ role: "user", content }],
    }),
  });
}

export async function readAnswer(response: Response): Promise<Answer> {
  const raw = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  const json: unknown = isStream ? eventsOf(raw) : JSON.parse(raw);
  return {
    status: response.status,
    headers: response.headers,
    requestId: String(response.headers.get("x-request-id")),
    raw,
    json,
    text: isStream ? (json as unknown[]).map(deltaOf).join("") : wholeTextOf(json),
  };
}

function eventsOf(raw: string): unknown[] {
  return raw
    .split("\n")
    .filter((line) => line.startsWith("data: ") && line !== "data: [DONE]")
    .map((line) => JSON.parse(line.slice("data: ".length)) as unknown);
}

function deltaOf(event: unknown): string {
  const { choices, delta } = event as {
    choices?: { delta?: { content?: string | null } }[];
    delta?: { text?: string };
  };
  return choices?.[0]?.delta?.content ?? delta?.text ?? "";
}

function wholeTextOf(body: unknown): string {
  const { choices, content } = body as {
    choices?: { message?: { content?: string | null } }[];
    content?: { text?: string }[];
  };
  return choices?.[0]?.message?.content ?? content?.map((block) => block.text ?? "").join("") ?? "";
}
