import type { CallIncidentFact, RequestFinishedFact, RunChangedFact } from "@tokenhub/contracts";
import type { Kysely } from "kysely";
import { createEventRepository, type NewEvent, type StoredEvent } from "../events/event-repository.ts";
import { recordRuns } from "../runs/run-repository.ts";
import type { Schema } from "../schema/schema.ts";
import { addSeriesValues } from "../series/add-series-values.ts";
import { valuesOfFact } from "../series/values-of-fact.ts";
import { transaction } from "../transaction.ts";
import { updateArms, type ArmUpdate } from "./bandit-arm-repository.ts";
import { createCallIncidentRepository } from "./call-incident-repository.ts";
import { insertNewRequests } from "./request-log-repository.ts";
import { insertRewards, type RewardEntry } from "./reward-repository.ts";
import { addSpend } from "./spend-repository.ts";

export interface FinishedBatch {
  readonly facts: readonly RequestFinishedFact[];
  readonly incidents?: readonly CallIncidentFact[];
  /** Orchestrations that began or ended. */
  readonly runs?: readonly RunChangedFact[];
  /** What the attempts of the facts were worth; those of facts that were recorded before are ignored. */
  readonly rewards?: readonly RewardEntry[];
  /** How an arm learns; null: no arm does. */
  readonly updateArm?: ArmUpdate | null;
  /** The events that tell of facts; asked only for those that are new. */
  readonly eventsOf?: (fact: RequestFinishedFact) => readonly NewEvent[];
  readonly nowMs: number;
}

export interface RecordedBatch {
  /** The facts that were not there before, in the order given. */
  readonly fresh: readonly RequestFinishedFact[];
  readonly freshIncidents: number;
  /** Orchestrations that are new or went on; what was known already, or newer, stays as it is. */
  readonly changedRuns: number;
  /** With their ids, for whoever publishes them. */
  readonly events: readonly StoredEvent[];
}

/**
 * Everything that follows from finished requests, in one transaction: request log, spend, rewards, arms, time series,
 * events; and what became of orchestrations. Each fact counts once, however often and in whatever batches it comes, also over several gateways at once:
 * the row of the request log decides, and the rest happens only for rows that are new.
 */
export function recordFinished(db: Kysely<Schema>, batch: FinishedBatch): Promise<RecordedBatch> {
  const {
    facts,
    incidents = [],
    runs = [],
    rewards = [],
    updateArm = null,
    eventsOf = () => [],
    nowMs,
  } = batch;
  return transaction(db, async (begun) => {
    // First: calls are logged under the mode of their run.
    const changedRuns = await recordRuns(begun, runs);
    const freshIds = await insertNewRequests(begun, facts);
    const freshIncidents = await createCallIncidentRepository(begun).insertIncidents(incidents);
    if (freshIds.size === 0) return { fresh: [], freshIncidents, changedRuns, events: [] };
    const fresh = firstOfEach(facts.filter(({ eventId }) => freshIds.has(eventId)));
    await addSpend(begun, fresh);
    await addSeriesValues(begun, { values: fresh.flatMap(valuesOfFact), nowMs });
    const freshRewards = rewards.filter(({ eventId }) => freshIds.has(eventId));
    await insertRewards(begun, freshRewards);
    if (updateArm !== null) await updateArms(begun, { rewards: freshRewards, update: updateArm });
    // Last: taking ids makes others wait until this transaction ends.
    const events = await createEventRepository(begun).append(fresh.flatMap(eventsOf));
    return { fresh, freshIncidents, changedRuns, events };
  });
}

/** A batch may hold the same event twice. */
function firstOfEach(facts: readonly RequestFinishedFact[]): RequestFinishedFact[] {
  return [...new Map(facts.toReversed().map((fact) => [fact.eventId, fact])).values()].toReversed();
}
