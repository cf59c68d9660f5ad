import { testApiKey } from "@tokenhub/testkit";

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, unknown>;
}

/** Posts a body to a door and reads the JSON answer. */
export async function postJson(
  gateway: { readonly url: string },
  path: string,
  request: { readonly body: unknown; readonly headers?: Readonly<Record<string, string>> },
): Promise<JsonAnswer> {
  const response = await fetch(gateway.url + path, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${testApiKey}`,
      ...request.headers,
    },
    body: JSON.stringify(request.body),
    signal: AbortSignal.timeout(30_000),
  });
  const json = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, json };
}
