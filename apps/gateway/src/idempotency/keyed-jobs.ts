import { TokenHubError } from "@tokenhub/contracts";
import type {
  HeldKey,
  IdempotencyRepository,
  JobRepository,
  KeyPlace,
  NewJob,
  StoredJob,
} from "@tokenhub/persistence";
import type { ArrivedGeneration } from "../jobs/job-door.ts";
import { beginsAnew } from "./begins-anew.ts";
import { fingerprintOf, hashOfText } from "./fingerprint.ts";
import { keyPlaceOf, keyReused, requireSameRequest, setKeyHeaders } from "./key-place.ts";

/** The job that answers a request with a key. */
interface KeyedJob {
  readonly jobId: string;
  /** Null: this request has begun it. */
  readonly existing: StoredJob | null;
}

/** Finds the jobs of keys, and binds new ones to theirs. */
export interface KeyedJobs {
  /**
   * The job of a request's key; where there is none, or none whose answer is to be given again, `begin` accepts one and has
   * `insert` write it. Tells of the key on the response.
   * @throws TokenHubError `idempotency_key_reused`, `idempotency_key_in_use`, and what `begin` throws.
   */
  findOrBegin(
    arrived: ArrivedGeneration,
    key: string,
    begin: (insert: (row: NewJob) => Promise<void>) => Promise<unknown>,
  ): Promise<KeyedJob>;
}

export interface KeyedJobsDeps {
  readonly keys: Pick<IdempotencyRepository, "find" | "takeWithJob">;
  readonly jobs: Pick<JobRepository, "get">;
  readonly gatewayId: string;
  /** How long a key is remembered. */
  readonly keptMs: number;
  readonly now: () => number;
}

/** A key may change hands while it is looked at. */
const mostTries = 5;

export function createKeyedJobs(deps: KeyedJobsDeps): KeyedJobs {
  return {
    async findOrBegin(arrived, key, begin) {
      const place = keyPlaceOf(arrived.caller, { path: arrived.endpoint, key });
      const fingerprint = fingerprintOf(arrived.request.headers, hashOfText(arrived.bodyText));
      let held = await deps.keys.find({ ...place, nowMs: deps.now() });
      for (let tries = 0; tries < mostTries; tries += 1) {
        const job = held === null ? null : await jobOf(deps, { held, fingerprint });
        if (held !== null && job !== null && !beginsAnew(job)) {
          setKeyHeaders(arrived.response, { ...held, isRepeat: true });
          return { jobId: job.id, existing: job };
        }
        const replacesJobId = job?.id ?? null;
        const begun = await tryToBegin(deps, { arrived, place, fingerprint, replacesJobId, begin });
        if (begun.kind === "begun") return { jobId: begun.jobId, existing: null };
        held = begun.held;
      }
      throw keyInUse();
    },
  };
}

/**
 * Null when it was deleted, and its key with it.
 * @throws TokenHubError `idempotency_key_reused`
 */
async function jobOf(
  { jobs }: KeyedJobsDeps,
  { held, fingerprint }: { readonly held: HeldKey; readonly fingerprint: string },
): Promise<StoredJob | null> {
  requireSameRequest(held, fingerprint);
  if (held.kind !== "job") throw keyInUse();
  return jobs.get(held.jobId);
}

interface Beginning {
  readonly arrived: ArrivedGeneration;
  readonly place: KeyPlace;
  readonly fingerprint: string;
  readonly replacesJobId: string | null;
  readonly begin: Parameters<KeyedJobs["findOrBegin"]>[2];
}

type Begun =
  | { readonly kind: "begun"; readonly jobId: string }
  | { readonly kind: "held"; readonly held: HeldKey };

async function tryToBegin(
  { keys, gatewayId, keptMs, now }: KeyedJobsDeps,
  { arrived, place, fingerprint, replacesJobId, begin }: Beginning,
): Promise<Begun> {
  const nowMs = now();
  const expiresAtMs = nowMs + keptMs;
  const times = { nowMs, expiresAtMs, leaseUntilMs: expiresAtMs, aliveSinceMs: 0 };
  let jobId = "";
  try {
    await begin(async (job) => {
      const claim = { ...place, ...times, fingerprint, owner: gatewayId, requestId: job.requestId };
      const replacing = replacesJobId === null ? {} : { replacesJobId };
      const taking = await keys.takeWithJob({ ...claim, ...replacing }, job);
      if (taking.kind === "other_body") throw keyReused();
      if (taking.kind === "same") throw new KeyTakenMeanwhile(taking.held);
      setKeyHeaders(arrived.response, { expiresAtMs, isRepeat: false });
      jobId = job.id;
    });
  } catch (error) {
    if (error instanceof KeyTakenMeanwhile) return { kind: "held", held: error.held };
    throw error;
  }
  return { kind: "begun", jobId };
}

/** Another request was faster: its job is the key's. */
class KeyTakenMeanwhile extends TokenHubError {
  readonly held: HeldKey;

  constructor(held: HeldKey) {
    super("idempotency_key_in_use", "Another request with this Idempotency-Key was faster.");
    this.held = held;
  }
}

function keyInUse(): TokenHubError {
  return new TokenHubError(
    "idempotency_key_in_use",
    "A request with this Idempotency-Key is being taken in just now. Send it again in a moment.",
    { retryAfterMs: 500 },
  );
}
