import { VaultError } from "./vault-error.ts";

/** Runs jobs one after the other; a job that does not fit in the line is refused. */
export interface JobLine {
  /** @throws VaultError `too_many_attempts` when the line is full */
  run<Result>(job: () => Promise<Result>): Promise<Result>;
}

/** How soon a refused caller may come back: about one derivation and a half. */
const retryAfterMs = 1_000;

/** @param mostWaiting jobs that may wait beside the one that runs */
export function createJobLine(mostWaiting: number): JobLine {
  let last: Promise<unknown> = Promise.resolve();
  let unfinished = 0;
  return {
    async run(job) {
      if (unfinished > mostWaiting) {
        throw new VaultError("too_many_attempts", "The vault is busy; try again in a moment.", {
          retryAfterMs,
        });
      }
      unfinished += 1;
      const result = last.then(job);
      last = result.then(
        () => undefined,
        // Whoever asked for the job gets its error; the line only goes on.
        () => undefined,
      );
      try {
        return await result;
      } finally {
        unfinished -= 1;
      }
    },
  };
}
