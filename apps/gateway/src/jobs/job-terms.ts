import type { AsyncJobOrigin, JobWebhook, Lane } from "@tokenhub/contracts";

/** Everything about a job that is not the request it carries out. */
export interface JobTerms {
  readonly origin: AsyncJobOrigin;
  readonly lane: Lane;
  /** From 0 to 9; higher goes first among the jobs that compete with it. */
  readonly priority: number;
  /** When nobody wants the answer any more, in Unix milliseconds; null: the installation's longest time from now on. */
  readonly deadlineAtMs: number | null;
  /** Not to begin before; null: at once. */
  readonly notBeforeMs: number | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly tags: readonly string[] | null;
  readonly webhook: JobWebhook | null;
  /** Digits of its id, where something else has them too; absent: new ones. */
  readonly digits?: string;
  readonly scheduleId?: string;
  readonly replayOf?: string;
}

/** Of a job whose caller said nothing about them. */
export const defaultTerms = {
  lane: "background",
  priority: 5,
  deadlineAtMs: null,
  notBeforeMs: null,
  metadata: null,
  tags: null,
  webhook: null,
} as const satisfies Omit<JobTerms, "origin">;
