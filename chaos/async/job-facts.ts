import type { AsyncJobState } from "@tokenhub/contracts";

/** A job as the database has it at the end of the experiment. */
export interface JobFacts {
  readonly id: string;
  /** By the text of its request. */
  readonly number: number | null;
  readonly state: AsyncJobState;
  readonly isStream: boolean;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly finishedAtMs: number | null;
  /** The path at the receiver that it named. */
  readonly webhookPath: string | null;
}
