import { callProvider } from "./call-provider.ts";
import { ConnectionPools } from "./connection-pools.ts";
import { EndpointRotation } from "./endpoint-rotation.ts";
import type { EndpointReporter, ProviderClient } from "./provider-call.ts";

/**
 * The HTTP side of all providers: one connection pool per provider and origin, at most `provider.concurrency`
 * connections each. `clock` gives Unix milliseconds. Disposing aborts what is still in flight.
 */
export function createProviderClient({ clock = Date.now }: { clock?: () => number } = {}): ProviderClient &
  EndpointReporter {
  const pools = new ConnectionPools();
  const rotation = new EndpointRotation();
  return {
    call: (input) => callProvider(input, { pools, rotation, clock }),
    reportEndpoint: (report) => rotation.reportProbe(report, { nowMs: clock() }),
    [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose](),
  };
}
