import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from "@tokenhub/testkit";
import { inject } from "vitest";

/** The product with what asks its door to jobs. */
export interface JobSite extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly ask: (path: string, options?: AskOptions) => Promise<Answer>;
  /** A chat that the mock answers. */
  readonly chat: (content?: string, more?: Record<string, unknown>) => Record<string, unknown>;
}

interface AskOptions {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly key?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Empty for what is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The member `id`. */
  readonly id: string;
}

export async function startJobSite(options: Partial<TestNetworkOptions> = {}): Promise<JobSite> {
  const network = await startTestNetwork({ redisUrl: inject("redisUrl"), ...options });
  return {
    network,
    async ask(path, { method, body, headers = {}, key = network.apiKey } = {}) {
      const response = await fetch(network.url + path, {
        method: method ?? (body === undefined ? "GET" : "POST"),
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const json = parse(text);
      return { status: response.status, headers: response.headers, text, json, id: String(json["id"]) };
    },
    chat: (content = "Hello", more = {}) => ({
      model: "gpt-test",
      messages: [{ role: "user", content }],
      ...more,
    }),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}

function parse(text: string): Answer["json"] {
  try {
    return JSON.parse(text) as Answer["json"];
  } catch {
    // A stream, or nothing.
    return {} as Answer["json"];
  }
}
