import { TokenHubError, type RoutingFeatures } from "@tokenhub/contracts";
import type { CatalogueIndex } from "@tokenhub/routing";
import type { Scope } from "../sync/generation-endpoint.ts";
import type { Authenticator } from "./authenticate.ts";
import type { BudgetGuard, Reservation } from "./budget-guard.ts";
import type { CallerPlaces, Place } from "./caller-places.ts";
import type { Caller } from "./caller.ts";
import type { CallerRates } from "./caller-rates.ts";
import { dearestCostUsd } from "./dearest-cost.ts";
import type { PermittedModels } from "./permitted-models.ts";

/** Everything that is asked of a request before it becomes a job, in this order. */
export interface Admission {
  /** Who asks. @throws TokenHubError with a 401, or `too_many_attempts`. */
  readonly authenticate: Authenticator;
  /** @throws TokenHubError `insufficient_scope`. */
  requireScope(caller: Caller, scope: Scope): void;
  /** @throws TokenHubError `rate_limited`; see `CallerRates`. Null: admitted already. */
  admit(caller: Caller): Promise<void> | null;
  /** Ids of the models that routing may choose; null: all. @throws TokenHubError `model_not_allowed`. */
  permittedModels(caller: Caller, requestedModel: string | null): string[] | null;
  /**
   * What the request holds until it has ended: a place among the caller's running requests, and what it may cost. Null:
   * neither is limited.
   * @throws TokenHubError `rate_limited`, `budget_exceeded`; see `CallerPlaces` and `BudgetGuard`.
   */
  reserve(caller: Caller, request: RequestToReserve): Promise<Reservation> | null;
  /**
   * Only a place among the caller's running requests, for one that waits for a job. Null: their number is not limited.
   * @throws TokenHubError `rate_limited`; see `CallerPlaces`.
   */
  takePlace(caller: Caller, requestId: string): Promise<Place> | null;
  /**
   * Only what the request may cost, for one that has not begun. Null: no budget limits it.
   * @throws TokenHubError `budget_exceeded`; see `BudgetGuard`.
   */
  reserveCost(caller: Caller, request: RequestToReserve): Promise<CostReservation> | null;
}

interface CostReservation extends Reservation {
  /** US dollars. */
  readonly costUsd: number;
}

export interface RequestToReserve {
  readonly requestId: string;
  readonly features: RoutingFeatures;
  /** Of an orchestration: US dollars that all its calls cost at most, which must fit into what is left of every budget. */
  readonly worstCaseUsd?: number;
}

export interface AdmissionOptions {
  readonly authenticate: Authenticator;
  readonly rates: CallerRates;
  readonly models: PermittedModels;
  readonly places: CallerPlaces;
  readonly budgets: BudgetGuard;
  readonly index: () => CatalogueIndex;
}

export function createAdmission({
  authenticate,
  rates,
  models,
  places,
  budgets,
  index,
}: AdmissionOptions): Admission {
  function reserveCost(
    caller: Caller,
    { requestId, features, worstCaseUsd }: RequestToReserve,
  ): Promise<CostReservation> | null {
    if (caller.budgets.length === 0) return null;
    const costUsd = worstCaseUsd ?? dearestCostUsd(index(), features);
    const asked = { requestId, costUsd, mustFit: worstCaseUsd !== undefined };
    const reserved = budgets.reserve(caller.budgets, asked);
    return reserved === null ? null : reserved.then((reservation) => ({ ...reservation, costUsd }));
  }

  return {
    authenticate,
    requireScope({ scopes }, scope) {
      if (scopes.length === 0 || scopes.includes(scope)) return;
      throw new TokenHubError(
        "insufficient_scope",
        `This API key lacks the scope ${scope}, which this endpoint needs. Ask the operator to add it.`,
      );
    },
    admit: (caller) => rates.admit(caller),
    permittedModels: (caller, requestedModel) => models.forRequest(caller.allowedModels, requestedModel),
    reserve(caller, request) {
      const taken = places.take(caller, request.requestId);
      return taken === null
        ? reserveCost(caller, request)
        : withPlace(taken, () => reserveCost(caller, request));
    },
    takePlace: (caller, requestId) => places.take(caller, requestId),
    reserveCost,
  };
}

/** A reservation that frees the request's place with its end. A request whose cost is refused leaves its place at once. */
async function withPlace(
  taken: Promise<Place>,
  reserveCost: () => Promise<Reservation> | null,
): Promise<Reservation> {
  const place = await taken;
  try {
    const cost = await reserveCost();
    return {
      settle(costUsd) {
        place.free();
        cost?.settle(costUsd);
      },
      release() {
        place.free();
        cost?.release();
      },
    };
  } catch (error) {
    place.free();
    throw error;
  }
}
