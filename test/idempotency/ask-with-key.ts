import type { TestNetwork } from "@tokenhub/testkit";

export interface Asked {
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly apiKey?: string;
  readonly signal?: AbortSignal;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly isReplayed: boolean;
}

/** Sends a POST, with an Idempotency-Key unless there is none. */
export async function askWithKey(
  { url, apiKey: ownKey }: Pick<TestNetwork, "url" | "apiKey">,
  path: string,
  { key, body = {}, headers = {}, apiKey = ownKey, signal }: Asked,
): Promise<Answered> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: {
      authorization: `Bearer ${apiKey}`,
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: parse(text),
    isReplayed: response.headers.get("idempotent-replayed") === "true",
  };
}

function parse(text: string): Answered["json"] {
  try {
    return JSON.parse(text) as Answered["json"];
  } catch {
    // A stream, or nothing.
    return {};
  }
}

/** A chat that the mock answers. */
export function chatOf(
  content = "Hello",
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { model: "gpt-test", messages: [{ role: "user", content }], ...more };
}

/** The stable code of an error of any shape. */
export function codeOf({ json }: Answered): unknown {
  const { error } = json;
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}
