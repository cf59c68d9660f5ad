import { createResponseRepository } from "@tokenhub/persistence";
import type { JobSettings } from "../jobs/job-settings.ts";
import { createContinued } from "../responses/conversations.ts";
import { startExpiry } from "../responses/expire-responses.ts";
import { createResponseFollower } from "../responses/follow-response.ts";
import { createKeeperOf } from "../responses/keep-answers.ts";
import { createResponseDoor } from "../responses/response-door.ts";
import type { Keeping } from "../sync/answer-keeper.ts";
import type { Foundation } from "./open-foundation.ts";
import type { Jobs } from "./open-jobs.ts";

export interface ResponseParts {
  readonly foundation: Foundation;
  readonly jobs: Jobs;
  readonly jobSettings: Pick<JobSettings, "longestMs">;
  readonly keepMs: number;
}

/** Opens what keeps responses, continues conversations, and makes responses in the background. */
export function openResponses(stack: AsyncDisposableStack, parts: ResponseParts) {
  const { foundation, jobs, jobSettings, keepMs } = parts;
  const { db, product, logger, now } = foundation;
  const { syncWaitMs, maxBodyBytes } = product.limits;
  const onError = (error: unknown): void =>
    logger.error({ err: error }, "a response could not be kept, or not be deleted in its time");
  const responses = createResponseRepository(db);
  const follower = createResponseFollower({ ...jobs, responses, jobs: jobs.repository, now });
  const keeping: Keeping = {
    continued: createContinued({ responses, mostCharacters: maxBodyBytes, now }),
    tookOver: createResponseDoor({
      ...jobs,
      responses,
      jobs: jobs.repository,
      follower,
      unfinishedKeepMs: jobSettings.longestMs + keepMs,
      syncWaitMs,
      now,
    }),
    keeperOf: createKeeperOf({ responses, keepMs, onError }),
  };
  stack.use(startExpiry({ responses, now, onError }));
  return { keeping, follower, responses };
}
