import { startTestNetwork, until, type TestNetwork, type TestNetworkOptions } from "@tokenhub/testkit";
import { ask, type Answer, type Question } from "../lifecycle/ask.ts";

export const adminToken = "admin-token-of-the-insight-tests";

/** A running installation and its administration. */
export interface InsightSite extends AsyncDisposable {
  readonly network: TestNetwork;
  /** Reads below `/admin/v1`. */
  get(path: string): Promise<AdminAnswer>;
  send(method: string, path: string, body?: unknown): Promise<AdminAnswer>;
  ask(question: Question): Promise<Answer>;
  /** The explanation of a request, as soon as it is recorded. */
  explained(requestId: string): Promise<Json>;
}

export type Json = Readonly<Record<string, unknown>>;

export interface AdminAnswer {
  readonly status: number;
  readonly json: Json;
}

export async function openInsightSite(options: TestNetworkOptions): Promise<InsightSite> {
  const network = await startTestNetwork({
    ...options,
    env: {
      TOKENHUB_ADMIN_TOKEN: adminToken,
      TOKENHUB_ADMIN_RATE_LIMIT_RPS: "100000",
      TOKENHUB_ADMIN_RATE_LIMIT_BURST: "100000",
      ...options.env,
    },
  });
  const send: InsightSite["send"] = (method, path, body) => adminCall(network, { method, path, body });
  return {
    network,
    get: (path) => send("GET", path),
    send,
    ask: (question) => ask(network, question),
    async explained(requestId) {
      return until(`the record of ${requestId}`, async () => {
        const { status, json } = await send("GET", `/requests/${requestId}`);
        return status === 200 ? json : null;
      });
    },
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}

export async function adminCall(
  gateway: { readonly url: string },
  call: { readonly method: string; readonly path: string; readonly body?: unknown; readonly token?: string },
): Promise<AdminAnswer> {
  const { method, path, body, token = adminToken } = call;
  const response = await fetch(`${gateway.url}/admin/v1${path}`, {
    method,
    signal: AbortSignal.timeout(20_000),
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: (await response.json()) as Json };
}
