import {
  idFrom,
  type RequestFinishedFact,
  type RunChangedFact,
  type WebhookAttemptedFact,
  type WebhookEvent,
} from "@tokenhub/contracts";
import {
  recordWebhookAttempts,
  recordWebhookEvents,
  type Database,
  type EventsToRecord,
} from "@tokenhub/persistence";
import { decideNextAttempt, type WebhookRetryPolicy } from "@tokenhub/webhooks";
import { randomUUID } from "node:crypto";
import { disabledEventOf } from "./disabled-event.ts";
import { eventsOfCall, eventsOfRun } from "./orchestration-events.ts";

export interface WebhookRecordingOptions {
  readonly now: () => number;
  readonly random: () => number;
  /** Absent: that of production. */
  readonly policy?: WebhookRetryPolicy | undefined;
  /** Called when deliveries may be due; harmless before the commit, which the sweep of a second follows. */
  readonly wake: () => void;
}

/** What is written about webhooks in the transactions of others. */
export interface WebhookRecording {
  /** Records events with their deliveries; `wake` is to be called after the commit when there are any. */
  recordEvents(begun: Database["db"], told: Pick<EventsToRecord, "events" | "jobWebhooks">): Promise<number>;
  /** What follows from facts. @returns how many attempts are new, and whether `wake` is to be called after the commit. */
  recordFacts(
    begun: Database["db"],
    facts: {
      /** Those that were not there before. */
      readonly finished: readonly RequestFinishedFact[];
      readonly runs: readonly RunChangedFact[];
      readonly attempts: readonly WebhookAttemptedFact[];
    },
  ): Promise<{ readonly freshAttempts: number; readonly needsWake: boolean }>;
  readonly wake: () => void;
}

export function createWebhookRecording({
  now,
  random,
  policy,
  wake,
}: WebhookRecordingOptions): WebhookRecording {
  const recordEvents: WebhookRecording["recordEvents"] = (begun, told) =>
    recordWebhookEvents(begun, { ...told, newId: newDeliveryId, nowMs: now() });
  return {
    wake,
    recordEvents,
    async recordFacts(begun, { finished, runs, attempts }) {
      const events: WebhookEvent[] = [...finished.flatMap(eventsOfCall), ...runs.flatMap(eventsOfRun)];
      const deliveries = await recordEvents(begun, { events });
      const nowMs = now();
      const freshAttempts = await recordWebhookAttempts(begun, {
        attempts,
        decide: ({ attempted, failingSinceMs }) =>
          decideNextAttempt({
            attempted,
            failingSinceMs,
            nowMs,
            random,
            ...(policy === undefined ? {} : { policy }),
          }),
        disabledEventOf,
        newId: newDeliveryId,
        nowMs,
      });
      // An attempt that ended leaves room in its receiver's window.
      return { freshAttempts, needsWake: deliveries > 0 || freshAttempts > 0 };
    },
  };
}

export function newDeliveryId(): string {
  return idFrom("webhookDelivery", randomUUID());
}
