import type { ProviderClient } from "@tokenhub/providers";
import type { JobTracing } from "@tokenhub/telemetry";

/**
 * A client that tells the provider the span of the call, so that a model server of one's own continues the trace. A header
 * of that name in the configuration comes first. Without tracing nothing is added, not even what a caller sent.
 */
export function forwardTraceparent(
  client: ProviderClient,
  tracing: Pick<JobTracing, "current">,
): ProviderClient {
  return {
    call(input) {
      const span = tracing.current();
      if (span === null) return client.call(input);
      const headers = { traceparent: span.traceparent, ...input.provider.headers };
      return client.call({ ...input, provider: { ...input.provider, headers } });
    },
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
