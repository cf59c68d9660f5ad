import { startTestNetwork, type TestNetwork, type TestNetworkOptions } from "@tokenhub/testkit";
import { inject } from "vitest";
import { askerOf, type Ask } from "./job-client.ts";

/** The product with what asks its door to jobs. */
export interface JobSite extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly ask: Ask;
  /** A chat that the mock answers. */
  readonly chat: (content?: string, more?: Record<string, unknown>) => Record<string, unknown>;
}

export async function startJobSite(options: Partial<TestNetworkOptions> = {}): Promise<JobSite> {
  const network = await startTestNetwork({ redisUrl: inject("redisUrl"), ...options });
  return {
    network,
    ask: askerOf(network),
    chat: (content = "Hello", more = {}) => ({
      model: "gpt-test",
      messages: [{ role: "user", content }],
      ...more,
    }),
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  };
}
