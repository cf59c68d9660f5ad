import { TokenHubError } from "@tokenhub/contracts";
import type { HeldKey, IdempotencyRepository, KeyPlace, KeyTaking } from "@tokenhub/persistence";
import { requestIdOf } from "../http/assign-request-id.ts";
import { readPreferences } from "../http/read-preferences.ts";
import type { JobAcceptor } from "../jobs/accept-job.ts";
import { answerJob, type ArrivedGeneration, type JobDoor } from "../jobs/job-door.ts";
import { digitsOf } from "../jobs/job-ids.ts";
import { defaultTerms, type JobTerms } from "../jobs/job-terms.ts";
import { keptHeaders } from "../jobs/kept-headers.ts";
import type { InFlightGate } from "../sync/in-flight-gate.ts";
import { answerKeyedJob, type AnswerKeyedJobDeps } from "./answer-keyed-job.ts";
import { beginsAnew } from "./begins-anew.ts";
import { fingerprintOf, hashOfText } from "./fingerprint.ts";
import { keyPlaceOf, keyReused, requireSameRequest, setKeyHeaders } from "./key-place.ts";
import { readIdempotencyKey } from "./read-idempotency-key.ts";

export interface KeyedDoorDeps extends AnswerKeyedJobDeps {
  /** For requests without a key. */
  readonly door: JobDoor;
  readonly keys: Pick<IdempotencyRepository, "find" | "takeWithJob">;
  readonly acceptor: JobAcceptor;
  readonly gate: Pick<InFlightGate, "enter">;
  readonly gatewayId: string;
  readonly syncWaitMs: number;
  /** How long a request goes on when its caller's wait is over. */
  readonly afterWaitMs: number;
  /** How long a key is remembered. */
  readonly keptMs: number;
  readonly now: () => number;
}

/** The job that answers a request with a key. */
interface KeyedJob {
  readonly jobId: string;
  /** Another request began it. */
  readonly isRepeat: boolean;
  readonly expiresAtMs: number;
}

/** Makes a job of every generation with an Idempotency-Key, so that sending it again leads to the same job and its answer. */
export function createKeyedDoor(deps: KeyedDoorDeps): JobDoor {
  const { door, gate, syncWaitMs } = deps;
  return {
    async tookOver(arrived) {
      const { call, request, response, waitMs } = arrived;
      const key = call === null ? readIdempotencyKey(request.headers) : null;
      if (key === null) return door.tookOver(arrived);
      const preferences = readPreferences(request.headers);
      using _place = preferences.respondAsync ? null : gate.enter();
      const { jobId, ...told } = await findOrAccept(deps, { arrived, key });
      setKeyHeaders(response, told);
      if (preferences.respondAsync) {
        response.setHeader("preference-applied", "respond-async");
        await answerJob(deps, { response, jobId, waitMs: Math.min(preferences.waitMs ?? 0, syncWaitMs) });
      } else {
        const isStream = arrived.cost.features.stream;
        await answerKeyedJob(deps, { response, jobId, isStream, waitMs });
      }
      return true;
    },
    outlive: (arrived) => door.outlive(arrived),
  };
}

interface KeyedRequest {
  readonly arrived: ArrivedGeneration;
  readonly key: string;
}

/** A key may change hands while it is looked at. */
const mostTries = 5;

async function findOrAccept(deps: KeyedDoorDeps, { arrived, key }: KeyedRequest): Promise<KeyedJob> {
  const place = keyPlaceOf(arrived.caller, { path: arrived.endpoint, key });
  const fingerprint = fingerprintOf(arrived.request.headers, hashOfText(arrived.bodyText));
  let held = await deps.keys.find({ ...place, nowMs: deps.now() });
  for (let tries = 0; tries < mostTries; tries += 1) {
    const existing = held === null ? null : await existingJob(deps, { held, fingerprint });
    if (existing?.kind === "found") return existing;
    const replacesJobId = existing?.kind === "over" ? existing.jobId : null;
    const begun = await begin(deps, { arrived, place, fingerprint, replacesJobId });
    if (begun.kind === "begun") return begun;
    held = begun.held;
  }
  throw keyInUse();
}

type ExistingJob =
  | ({ readonly kind: "found" } & KeyedJob)
  /** What became of it is not to be given again. */
  | { readonly kind: "over"; readonly jobId: string };

/** @throws TokenHubError `idempotency_key_reused` */
async function existingJob(
  { jobs }: KeyedDoorDeps,
  { held, fingerprint }: { readonly held: HeldKey; readonly fingerprint: string },
): Promise<ExistingJob | null> {
  requireSameRequest(held, fingerprint);
  if (held.kind !== "job") throw keyInUse();
  const { jobId, expiresAtMs } = held;
  const job = await jobs.get(jobId);
  // A deleted job has taken its key with it.
  if (job === null) return null;
  return beginsAnew(job) ? { kind: "over", jobId } : { kind: "found", jobId, isRepeat: true, expiresAtMs };
}

interface Beginning {
  readonly arrived: ArrivedGeneration;
  readonly place: KeyPlace;
  readonly fingerprint: string;
  readonly replacesJobId: string | null;
}

type Begun = ({ readonly kind: "begun" } & KeyedJob) | { readonly kind: "held"; readonly held: HeldKey };

/** Accepts a job if the key is still free then. @throws TokenHubError why it cannot be accepted, `idempotency_key_reused` */
async function begin(
  { acceptor, keys, gatewayId, keptMs, now, afterWaitMs }: KeyedDoorDeps,
  { arrived, place, fingerprint, replacesJobId }: Beginning,
): Promise<Begun> {
  const { endpoint, request, response, caller, bodyText, cost, waitMs } = arrived;
  const nowMs = now();
  const expiresAtMs = nowMs + keptMs;
  const digits = digitsOf(requestIdOf(response));
  let taking: KeyTaking | null = null;
  const { id } = await acceptor.accept({
    endpoint,
    caller,
    bodyText,
    cost,
    headers: keptHeaders(request.headers),
    terms: termsOf(request.headers, { digits, deadlineAtMs: nowMs + waitMs + afterWaitMs }),
    async insert(job) {
      const times = { nowMs, expiresAtMs, leaseUntilMs: expiresAtMs, aliveSinceMs: 0 };
      const claim = { ...place, ...times, fingerprint, owner: gatewayId, requestId: job.requestId };
      taking = await keys.takeWithJob(
        { ...claim, ...(replacesJobId === null ? {} : { replacesJobId }) },
        job,
      );
      return taking.kind === "taken";
    },
  });
  return outcomeOf(taking, { jobId: id, isRepeat: false, expiresAtMs });
}

function outcomeOf(taking: KeyTaking | null, job: KeyedJob): Begun {
  if (taking === null || taking.kind === "taken") return { kind: "begun", ...job };
  if (taking.kind === "other_body") throw keyReused();
  return { kind: "held", held: taking.held };
}

/** A caller who waits goes first, and has no use for an answer that comes much later. */
function termsOf(
  headers: Parameters<typeof readPreferences>[0],
  { digits, deadlineAtMs }: { readonly digits: string; readonly deadlineAtMs: number },
): JobTerms {
  return readPreferences(headers).respondAsync
    ? { ...defaultTerms, origin: "prefer", digits }
    : { ...defaultTerms, origin: "idempotency", lane: "interactive", deadlineAtMs, digits };
}

function keyInUse(): TokenHubError {
  return new TokenHubError(
    "idempotency_key_in_use",
    "A request with this Idempotency-Key is being taken in just now. Send it again in a moment.",
    { retryAfterMs: 500 },
  );
}
