import type { Reservation } from "../admission/budget-guard.ts";
import { createDelivery, type AdmittedRequest, type DeliveryDeps } from "./delivery.ts";
import type { InFlightGate } from "./in-flight-gate.ts";
import { createRequestHold, type RequestHold } from "./request-hold.ts";

export interface ServeDeps extends DeliveryDeps {
  readonly gate: InFlightGate;
}

/** Not an error of its own making: making one for every request, with its stack, costs more than anything that reads it. */
const callerGone = "the caller has gone";

/**
 * Has an admitted request answered while its caller waits, from the cache or by its carrier, and gives back what it holds
 * when it ends, which is exactly once: with its answer, with the caller's going away, or with the failure to accept it.
 * @param reservation its share of the caller's budgets; null: there are none.
 */
export async function serveRequest(
  deps: ServeDeps,
  admitted: AdmittedRequest,
  reservation: Reservation | null,
): Promise<void> {
  const { endpoint, response, submission, passage, carrier } = admitted;
  const abandoned = (): void =>
    deps.events.abandoned({ endpoint: endpoint.path, submission, finishedAtMs: deps.now() });
  // Who went away while the books were asked will not be told of it again.
  if (response.closed) {
    reservation?.release();
    abandoned();
    return;
  }
  const hold = takeHold(deps, {
    passage,
    reservation,
    cancel: carrier.cancel,
    isOwn: admitted.call !== null,
  });
  const gone = new AbortController();
  const { signal } = gone;
  const delivery = createDelivery(deps, { admitted, hold, signal });
  response.on("close", () => {
    delivery[Symbol.dispose]();
    gone.abort(callerGone);
    if (hold.end({ kind: "given_up" })) abandoned();
  });
  const { call, hit, reply } = delivery;
  const sink = carrier.sinkFor(reply);
  try {
    await (passage === null ? call(sink) : passage.serve({ sink, call, hit, signal }));
  } catch (error) {
    if (!hold.end({ kind: "refused" })) return;
    delivery[Symbol.dispose]();
    throw error;
  }
}

/** What this gateway does by itself is bounded elsewhere, and goes on while it refuses requests from outside. */
const openGate: Pick<InFlightGate, "enter"> = { enter: () => ({ [Symbol.dispose]: () => undefined }) };

function takeHold(
  { gate }: ServeDeps,
  {
    isOwn,
    ...held
  }: Pick<AdmittedRequest, "passage"> & {
    reservation: Reservation | null;
    cancel: () => void;
    isOwn: boolean;
  },
): RequestHold {
  try {
    return createRequestHold({ gate: isOwn ? openGate : gate, ...held });
  } catch (error) {
    held.reservation?.release();
    throw error;
  }
}
