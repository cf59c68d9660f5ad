export interface AdminAnswer {
  readonly status: number;
  readonly headers: Headers;
  // Tests read whatever they expect to be there.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface AdminQuestion {
  /** Method and path below `/admin/v1`, e.g. `POST /vault/lock`. */
  readonly call: string;
  readonly body?: unknown;
  readonly bearer?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the admin API. */
export async function admin(
  gateway: { readonly url: string },
  { call, body, bearer, headers = {} }: AdminQuestion,
): Promise<AdminAnswer> {
  const [method = "GET", path = "/"] = call.split(" ");
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    method,
    signal: AbortSignal.timeout(20_000),
    headers: {
      "content-type": "application/json",
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}
