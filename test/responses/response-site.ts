import { mockUpstreams, startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import OpenAI from "openai";
import { inject } from "vitest";
import { adminEnvironment, keyAdminOf } from "../access/key-admin.ts";

/** The product, with an unmodified client of the vendor's. */
export interface ResponseSite extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly client: OpenAI;
  /** A client with the key of a tenant of its own. */
  readonly stranger: () => Promise<OpenAI>;
  /** A request by hand, where the client would hide what comes back. */
  readonly ask: (path: string, init?: Pick<RequestInit, "method" | "body" | "signal">) => Promise<Response>;
}

export async function startResponseSite(env: Readonly<Record<string, string>> = {}): Promise<ResponseSite> {
  const network = await startTestNetwork({
    redisUrl: inject("redisUrl"),
    env: { ...adminEnvironment, ...env },
  });
  await network.reload(withNativeProvider(network.mock.url));
  const clientOf = (apiKey: string): OpenAI =>
    new OpenAI({ baseURL: `${network.url}/v1`, apiKey, maxRetries: 0 });
  return {
    network,
    client: clientOf(network.apiKey),
    async stranger() {
      const admin = keyAdminOf(network);
      const { id } = await admin.call("POST", "/tenants", { name: "stranger" });
      return clientOf((await admin.createKey({ tenant_id: id })).key);
    },
    ask: (path, init) =>
      fetch(network.url + path, {
        ...init,
        headers: { authorization: `Bearer ${network.apiKey}`, "content-type": "application/json" },
      }),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}

/** Models over each of the formats that providers speak. */
export const upstreams = [
  { provider: "OpenAI chat", model: "gpt-test", upstream: "up-gpt" },
  { provider: "Anthropic messages", model: "claude-test", upstream: "up-claude" },
  { provider: "OpenAI Responses", model: "native-test", upstream: "up-native" },
] as const;

/** Beside the usual upstreams one that speaks Responses itself. */
function withNativeProvider(mockUrl: string): Record<string, unknown> {
  const { providers, models, aliases } = mockUpstreams(mockUrl);
  return {
    providers: [
      ...listOf(providers),
      { name: "native-up", type: "openai", base_url: mockUrl, api_key_env: "UPSTREAM_KEY" },
    ],
    models: [
      ...listOf(models),
      { id: "native-test", provider: "native-up", name: "up-native", weight: 5, context_size: 128_000 },
    ],
    aliases,
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
