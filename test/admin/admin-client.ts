/** An answer of the admin API. */
export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly etag: string | null;
  /** The parsed body; undefined when it is empty. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of every shape
  readonly json: any;
  readonly text: string;
}

export interface AdminQuestion {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: no bearer at all. */
  readonly bearer?: string | null;
}

export const adminToken = "admin-token-of-the-tests-0123456789";
export const adminPassword = "admin password of the tests";

/** What every network with an administration needs; the limits are out of the way. */
export const adminEnvironment: Readonly<Record<string, string>> = {
  TOKENHUB_ADMIN_TOKEN: adminToken,
  TOKENHUB_ADMIN_PASSWORD: adminPassword,
  TOKENHUB_ADMIN_RATE_LIMIT_RPS: "100000",
  TOKENHUB_ADMIN_RATE_LIMIT_BURST: "100000",
};

/** Sends one request to the administration and reads the whole answer. */
export async function administer(
  gateway: { readonly url: string },
  method: string,
  path: string,
  { body, headers = {}, bearer = adminToken }: AdminQuestion = {},
): Promise<AdminAnswer> {
  const response = await fetch(gateway.url + path, {
    method,
    signal: AbortSignal.timeout(20_000),
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    etag: response.headers.get("etag"),
    json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : undefined,
    text,
  };
}
