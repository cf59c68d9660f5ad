import { until } from "@tokenhub/testkit";

export interface Reply {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

export interface Question {
  /** Default: POST with a body, GET without one. */
  readonly method?: string;
  readonly body?: unknown;
  readonly bearer?: string;
}

/** Asks a published port. */
export async function ask(url: string, { method, body, bearer }: Question = {}): Promise<Reply> {
  const answer = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    headers: {
      "content-type": "application/json",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
    signal: AbortSignal.timeout(30_000),
  });
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
}

/** Waits until the gateway lives. */
export async function untilHealthy(baseUrl: string): Promise<void> {
  const isHealthy = async (): Promise<boolean> => {
    const reply = await ask(`${baseUrl}/health`).catch(() => null);
    return reply?.status === 200 && reply.json["status"] === "healthy";
  };
  await until(`${baseUrl}/health`, isHealthy, 60_000);
}

export const hello = { messages: [{ role: "user", content: "Hello" }] };
