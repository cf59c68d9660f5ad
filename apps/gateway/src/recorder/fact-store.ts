import type { RequestFinishedFact } from "@tokenhub/contracts";
import { recordFinished, transaction, type Database, type NewEvent } from "@tokenhub/persistence";
import type { ArmLearning } from "../bandit/arm-learning.ts";
import type { PropensityOf } from "../bandit/propensity.ts";
import type { KeyNames } from "../insight/key-names.ts";
import type { WebhookRecording } from "../webhooks/webhook-recording.ts";
import { tallyCalls } from "../insight/provider-tallies.ts";
import { rewardEntriesOf } from "./reward-entries.ts";
import type { FactStore } from "./recorder.ts";

export interface FactStoreOptions {
  readonly db: Database["db"];
  readonly learning: Pick<ArmLearning, "update">;
  readonly propensityOf: PropensityOf;
  readonly keyNames: KeyNames;
  readonly eventsOf: (fact: RequestFinishedFact, names: Pick<KeyNames, "of">) => readonly NewEvent[];
  /** Called after a commit that brought something new. */
  readonly onCommitted: (committed: { readonly hasRewards: boolean; readonly hasEvents: boolean }) => void;
  /** What is told to webhooks; absent: nothing. */
  readonly webhooks?: Pick<WebhookRecording, "recordFacts" | "wake"> | undefined;
  readonly now: () => number;
}

/** Writes all that follows from a batch of facts in one transaction; see `recordFinished`. */
export function createFactStore(options: FactStoreOptions): FactStore {
  const { db, learning, propensityOf, keyNames, eventsOf, onCommitted, webhooks, now } = options;
  return {
    async record({ finished, incidents, runs, webhookAttempts = [] }) {
      await keyNames.load(finished.map(({ keyId }) => keyId));
      const rewards = finished.flatMap((fact) => rewardEntriesOf(fact, { propensityOf }));
      const recorded = await transaction(db, async (begun) => {
        const done = await recordFinished(begun, {
          facts: finished,
          incidents,
          runs,
          rewards,
          updateArm: learning.update,
          eventsOf: (fact) => eventsOf(fact, keyNames),
          nowMs: now(),
        });
        await tallyCalls(begun, { facts: done.fresh, nowMs: now() });
        // Last: an endpoint's row is what others may wait for.
        const told = await webhooks?.recordFacts(begun, {
          finished: done.fresh,
          runs,
          attempts: webhookAttempts,
        });
        return { ...done, freshAttempts: told?.freshAttempts ?? 0, needsWake: told?.needsWake ?? false };
      });
      const { fresh, freshIncidents, changedRuns, freshAttempts, events, needsWake } = recorded;
      if (fresh.length > 0) onCommitted({ hasRewards: rewards.length > 0, hasEvents: events.length > 0 });
      if (needsWake) webhooks?.wake();
      return { fresh, rows: fresh.length + freshIncidents + changedRuns + freshAttempts };
    },
  };
}
