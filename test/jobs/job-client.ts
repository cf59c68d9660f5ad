import { testApiKey } from "@tokenhub/testkit";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty for what is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The member `id`. */
  readonly id: string;
}

interface AskOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly key?: string;
}

/** Sends one request and waits for its whole answer. */
export type Ask = (path: string, options?: AskOptions) => Promise<Answer>;

export function askerOf({ url }: { readonly url: string }): Ask {
  return async (path, { method, body, headers = {}, key = testApiKey } = {}) => {
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = parse(text);
    return { status: response.status, headers: response.headers, text, json, id: String(json["id"]) };
  };
}

function parse(text: string): Answer["json"] {
  try {
    return JSON.parse(text) as Answer["json"];
  } catch {
    // A stream, or nothing.
    return {};
  }
}

/** A chat that the mock answers. */
export function chatOf(model: string, content = "Hello", more: Record<string, unknown> = {}) {
  return { model, messages: [{ role: "user", content }], ...more };
}

/** Submits a chat as a job of its own; more about the job in `terms`. */
export async function submit(ask: Ask, body: object, terms: Record<string, unknown> = {}): Promise<Answer> {
  const accepted = await ask("/v1/jobs", { body: { endpoint: "/v1/chat/completions", body, ...terms } });
  if (accepted.status !== 202) throw new Error(`not accepted: ${accepted.text}`);
  return accepted;
}
