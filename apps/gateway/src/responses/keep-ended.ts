import { createResponseRepository, type FinishOptions } from "@tokenhub/persistence";
import { endedResponseOf } from "./present-response.ts";

/** Writes what responses in the background have become, in the very transaction in which their jobs end. */
export function keepEndedResponses(keepMs: number): NonNullable<FinishOptions["keepResponses"]> {
  return async (begun, ended) => {
    const responses = createResponseRepository(begun);
    const byJob = new Map(ended.map((one) => [one.job.id, one]));
    for (const response of await responses.unfinishedOf([...byJob.keys()])) {
      const one = byJob.get(response.jobId ?? "");
      if (one === undefined) continue;
      const { createdAtMs } = one.job;
      const object = endedResponseOf({ draftJson: response.draftJson, createdAtMs }, one.ending);
      await responses.finish({
        id: response.id,
        responseJson: JSON.stringify(object),
        expiresAtMs: one.ending.finishedAtMs + keepMs,
      });
    }
  };
}
