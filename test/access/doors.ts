/** One request at each of the doors through which an answer can be generated, with its error shape. */
export interface Door {
  readonly path: string;
  readonly shape: "openai" | "anthropic" | "native" | "legacy";
  readonly body: Readonly<Record<string, unknown>>;
}

const messages = [{ role: "user", content: "Say hello" }];

export const doors: readonly Door[] = [
  { path: "/v1/chat/completions", shape: "openai", body: { model: "gpt-test", messages } },
  { path: "/v1/chat/completions", shape: "openai", body: { model: "gpt-test", messages, stream: true } },
  { path: "/v1/responses", shape: "openai", body: { model: "gpt-test", input: "Say hello" } },
  { path: "/v1/messages", shape: "anthropic", body: { model: "gpt-test", max_tokens: 100, messages } },
  { path: "/v1/embeddings", shape: "openai", body: { model: "embed-test", input: "hello" } },
  { path: "/v1/chat", shape: "native", body: { request: { messages } } },
  { path: "/v1/chat", shape: "legacy", body: { messages } },
];

export interface DoorAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly text: string;
}

/** Sends a request with a key, or with none. */
export async function knock(
  gateway: { readonly url: string },
  { path, body }: Pick<Door, "path" | "body">,
  key: string | null,
  headers: Record<string, string> = {},
): Promise<DoorAnswer> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    signal: AbortSignal.timeout(30_000),
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
    text,
  };
}

/** What an error says, whatever its shape; the plain one has only a message. */
export function errorOf({ body }: DoorAnswer): { code: string | null; type: string | null; message: string } {
  const error = body["error"];
  if (typeof error === "string") return { code: null, type: null, message: error };
  const { code = null, type, message } = error as { code?: string; type: string; message: string };
  return { code, type, message };
}

export const chatDoor = doors[0] ?? { path: "", shape: "openai", body: {} };
