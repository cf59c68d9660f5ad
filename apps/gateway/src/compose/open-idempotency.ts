import { createIdempotencyRepository } from "@tokenhub/persistence";
import { randomBytes } from "node:crypto";
import type { Admission } from "../admission/admission.ts";
import { readOrCreateClusterSecret } from "../admission/cluster-secret.ts";
import { createAnswerSeal } from "../idempotency/answer-seal.ts";
import type { KeepAnswersDeps } from "../idempotency/keep-answers.ts";
import { createKeyedDoor } from "../idempotency/keyed-door.ts";
import { createKeyedJobs } from "../idempotency/keyed-jobs.ts";
import { createKeyedResponses } from "../idempotency/keyed-responses.ts";
import type { JobSettings } from "../jobs/job-settings.ts";
import type { JobDoor } from "../jobs/job-door.ts";
import type { Keeping } from "../sync/answer-keeper.ts";
import type { InFlightGate } from "../sync/in-flight-gate.ts";
import type { Foundation } from "./open-foundation.ts";
import type { Jobs } from "./open-jobs.ts";

export interface IdempotencyParts {
  readonly foundation: Foundation;
  readonly jobs: Jobs;
  readonly admission: Pick<Admission, "authenticate" | "admit" | "takePlace">;
  readonly gate: InFlightGate;
  readonly jobSettings: JobSettings;
  readonly syncWaitMs: number;
  /** How long keys are remembered; absent: a day. */
  readonly keptMs: number | undefined;
  /** How responses are kept. */
  readonly keeping: Keeping;
}

const dayMs = 86_400_000;

/** What has a request that is sent again with its Idempotency-Key be carried out once. */
export function openIdempotency(parts: IdempotencyParts): {
  /** The door of generations. */
  readonly door: JobDoor;
  /** The same for responses, with the door of those that nobody waits for. */
  readonly responses: Keeping;
  /** For all other requests. */
  readonly keeping: KeepAnswersDeps;
} {
  const { foundation, jobs, admission, gate, jobSettings, syncWaitMs } = parts;
  const { product, db, database, gatewayId, logger, now } = foundation;
  const keys = createIdempotencyRepository(db);
  const clusterSecret = readOrCreateClusterSecret(product);
  const { afterWaitMs, keepMs } = jobSettings;
  // A key goes with its job.
  const keptMs = Math.min(parts.keptMs ?? dayMs, keepMs);
  const shared = { keys, gate, admission, gatewayId, syncWaitMs, keptMs, now };
  const { door, acceptor, waits, attach, repository } = jobs;
  const keyed = createKeyedJobs({ ...shared, jobs: repository });
  return {
    door: createKeyedDoor({ ...shared, door, keyed, acceptor, waits, attach, jobs: repository, afterWaitMs }),
    responses: {
      ...parts.keeping,
      tookOver: createKeyedResponses({ keyed, tookOver: parts.keeping.tookOver }),
    },
    keeping: {
      ...shared,
      internalCalls: jobs.internalCalls,
      seal: createAnswerSeal({ clusterSecret, random: randomBytes }),
      isAlone: database.dialect === "sqlite",
      onError(error) {
        logger.error({ err: error }, "what was answered under an Idempotency-Key could not be kept");
      },
    },
  };
}
