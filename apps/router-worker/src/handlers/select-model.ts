import type { RouteJob } from "@tokenhub/contracts";
import type { JobHandler, JobProducer } from "@tokenhub/queue";
import type { ArmIndex, CatalogueIndex, DecisionCache, RoutingInput } from "@tokenhub/routing";
import type { AliasTurns } from "../alias-turns.ts";
import type { BanditFollower } from "../bandit-follower.ts";
import { endRequest, failures, type EndRequestDeps } from "../end-request.ts";
import type { RouterEvents } from "../events.ts";
import { offerTrials } from "../offer-trials.ts";
import type { RouterState } from "../router-state.ts";

export interface SelectModelDeps extends EndRequestDeps {
  readonly state: Pick<RouterState, "catalogueIndex" | "health">;
  readonly decisions: Pick<DecisionCache, "decide">;
  readonly turns: AliasTurns;
  readonly bandit: BanditFollower;
  readonly producer: Pick<JobProducer, "addCall" | "addOrchestrate">;
  readonly events: RouterEvents;
  readonly random: () => number;
}

/** How soon a job is looked at again while no catalogue has been published yet. */
const catalogueWaitMs = 250;

/**
 * Picks the model of one request and hands it to that provider's queue, or ends it with the reason why none fits.
 * A repeated delivery decides again and adds the same job id, or finds the result written: nothing happens twice.
 */
export function createSelectModel(deps: SelectModelDeps): JobHandler<RouteJob> {
  return async (job) => {
    const startedAtMs = deps.now();
    if (startedAtMs >= job.deadlineAtMs) {
      await endRequest(deps, job, { failure: failures.deadlinePassed, refusal: null });
      return { kind: "done" };
    }
    const arms = job.features.policy.strategy === "thompson" ? await deps.bandit.arms() : null;
    const catalogue = deps.state.catalogueIndex();
    if (catalogue === null) return { kind: "snooze", delayMs: catalogueWaitMs };

    const outcome = deps.decisions.decide(inputOf(deps, job, { catalogue, arms, nowMs: deps.now() }));
    if (outcome.kind === "refused") {
      deps.events.refused(job, outcome);
      const { kind: _, failure, ...refusal } = outcome;
      const lastFailure = job.attempts.findLast((attempt) => attempt.failure !== null)?.failure;
      await endRequest(deps, job, { failure: lastFailure ?? failure, refusal });
      return { kind: "done" };
    }
    await deps.producer.addCall({ ...job, decision: outcome.decision });
    deps.events.decided(job, outcome.decision, deps.now() - startedAtMs);
    return { kind: "done" };
  };
}

function inputOf(
  deps: SelectModelDeps,
  job: RouteJob,
  seen: { catalogue: CatalogueIndex; arms: ArmIndex | null; nowMs: number },
): RoutingInput {
  const { catalogue, arms, nowMs } = seen;
  return {
    catalogue,
    features: job.features,
    excluded: job.excluded,
    health: offerTrials(deps.state.health(), { nowMs, random: deps.random }),
    nowMs,
    requestId: job.requestId,
    keyId: job.keyId,
    takeTurn: (alias) => deps.turns.take(catalogue, alias),
    random: deps.random,
    ...(arms === null ? {} : { arms }),
  };
}
