import { TokenHubError } from "@tokenhub/contracts";
import type { ConcurrencyLimit, ConcurrencyPlaces } from "@tokenhub/ledger";
import { queueUnavailable } from "@tokenhub/queue";
import type { Caller } from "./caller.ts";

/** Holds callers to the number of their requests that may run at once. */
export interface CallerPlaces extends Disposable {
  /**
   * Takes a place of every limit of the caller; null when there is none. The promise rejects with `rate_limited` when one
   * has no place left, and with `queue_unavailable`.
   */
  take(caller: Pick<Caller, "places">, requestId: string): Promise<Place> | null;
}

/** What a request holds while it runs. */
export interface Place {
  /** Once is enough; more does nothing. */
  free(): void;
}

export interface CallerPlacesOptions {
  /** Over all gateways together. */
  readonly shared: ConcurrencyPlaces;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** Default 30 s: how long the places of a gateway that died stay taken. */
  readonly leaseMs?: number;
}

interface Held {
  readonly subjects: readonly string[];
  readonly takenAtMs: number;
}

const defaultLeaseMs = 30_000;
/** No request runs as long; whoever forgot to free a place must not keep it for ever. */
const longestHoldMs = 3_600_000;
/** Nobody knows when a place becomes free. */
const retryAfterMs = 1_000;

/** Places in Redis, whose leases are renewed three times while they last, for as long as the requests run here. */
export function createCallerPlaces({
  shared,
  now,
  onError,
  leaseMs = defaultLeaseMs,
}: CallerPlacesOptions): CallerPlaces {
  const held = new Map<string, Held>();

  function renewAll(): void {
    const idsBySubject = new Map<string, string[]>();
    for (const [id, { subjects, takenAtMs }] of held) {
      if (now() - takenAtMs > longestHoldMs) held.delete(id);
      else for (const subject of subjects) addTo(idsBySubject, subject, id);
    }
    for (const [subject, ids] of idsBySubject) shared.renew(subject, { ids, leaseMs }).catch(onError);
  }

  async function take(limits: readonly ConcurrencyLimit[], id: string): Promise<Place> {
    const refusing = await shared.take(limits, { id, leaseMs }).catch((error: unknown) => {
      throw queueUnavailable(error);
    });
    if (refusing !== null) throw noPlaceLeft(refusing);
    const subjects = limits.map(({ subject }) => subject);
    held.set(id, { subjects, takenAtMs: now() });
    return {
      free() {
        if (held.delete(id)) shared.free(subjects, id).catch(onError);
      },
    };
  }

  const timer = setInterval(renewAll, leaseMs / 3);
  timer.unref();
  return {
    take: ({ places }, requestId) => (places.length === 0 ? null : take(places, requestId)),
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function addTo(lists: Map<string, string[]>, name: string, item: string): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [item]);
  else list.push(item);
}

function noPlaceLeft({ subject, atOnce }: ConcurrencyLimit): TokenHubError {
  const whose = subject.startsWith("tenant:") ? "this tenant" : "this API key";
  return new TokenHubError(
    "rate_limited",
    `As many requests of ${whose} are running as may at once (${atOnce}). Wait until one of them has ended.`,
    { retryAfterMs },
  );
}
