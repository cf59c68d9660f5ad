import { onTestFinished } from "vitest";

export type Json = Readonly<Record<string, unknown>>;

/** Where a test asks, and as whom. */
export interface Asked {
  readonly url: string;
  readonly apiKey: string;
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json & { readonly error?: Json; readonly phases?: readonly Json[]; readonly run?: Json };
}

const limitMs = 30_000;

/** Calls the native door. */
export async function call(
  { url, apiKey }: Asked,
  path: string,
  {
    method = "GET",
    body,
    headers = {},
  }: { readonly method?: string; readonly body?: unknown; readonly headers?: Record<string, string> } = {},
): Promise<DoorAnswer> {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(limitMs),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: (text === "" ? {} : JSON.parse(text)) as DoorAnswer["json"],
  };
}

/** Begins a run. */
export function begin(asked: Asked, body: Json, headers: Record<string, string> = {}): Promise<DoorAnswer> {
  const messages = [{ role: "user", content: "Design a system" }];
  return call(asked, "/v1/orchestrations", { method: "POST", body: { messages, ...body }, headers });
}

export interface SeenEvent {
  readonly id: string | null;
  readonly type: string;
  readonly data: Json;
}

export interface Followed {
  readonly status: number;
  readonly headers: Headers;
  readonly seen: () => SeenEvent[];
  /** Resolves when the stream has closed; rejects when it broke. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Follows a run, or begins one that is followed at once. */
export async function follow(
  { url, apiKey }: Asked,
  path: string,
  { body, headers = {} }: { readonly body?: Json; readonly headers?: Record<string, string> } = {},
): Promise<Followed> {
  const controller = new AbortController();
  onTestFinished(() => controller.abort());
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: controller.signal,
  });
  let raw = "";
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? [])
      raw += decoder.decode(chunk as Uint8Array, { stream: true });
  };
  const ended = read();
  ended.catch(() => undefined);
  return {
    status: response.status,
    headers: response.headers,
    seen: () => eventsIn(raw),
    ended,
    stop: () => controller.abort(),
  };
}

function eventsIn(raw: string): SeenEvent[] {
  const whole = raw.slice(0, raw.lastIndexOf("\n\n") + 2);
  return whole.split("\n\n").flatMap((block) => {
    const fields = new Map(
      block
        .split("\n")
        .map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
    );
    const data = fields.get("data");
    if (data === undefined) return [];
    return [
      { id: fields.get("id") ?? null, type: fields.get("event") ?? "", data: JSON.parse(data) as Json },
    ];
  });
}

/** What a client makes of events: the text of each call, and everything else in its order, without the places. */
export function readingOf(events: readonly SeenEvent[]) {
  const texts: Record<string, string> = {};
  for (const { type, data } of events) {
    const callId = String(data["call_id"]);
    if (type === "delta") texts[callId] = (texts[callId] ?? "") + String(data["text"]);
  }
  return { texts, others: events.flatMap(({ type, data }) => (type === "delta" ? [] : [{ type, data }])) };
}
