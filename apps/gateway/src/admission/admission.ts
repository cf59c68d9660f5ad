import { TokenHubError, type RoutingFeatures } from "@tokenhub/contracts";
import type { CatalogueIndex } from "@tokenhub/routing";
import type { Scope } from "../sync/generation-endpoint.ts";
import type { Authenticator } from "./authenticate.ts";
import type { BudgetGuard, Reservation } from "./budget-guard.ts";
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
  /** @throws TokenHubError `budget_exceeded`; see `BudgetGuard`. Null: nothing to reserve. */
  reserve(
    caller: Caller,
    request: { readonly requestId: string; readonly features: RoutingFeatures },
  ): Promise<Reservation> | null;
}

export interface AdmissionOptions {
  readonly authenticate: Authenticator;
  readonly rates: CallerRates;
  readonly models: PermittedModels;
  readonly budgets: BudgetGuard;
  readonly index: () => CatalogueIndex;
}

export function createAdmission({
  authenticate,
  rates,
  models,
  budgets,
  index,
}: AdmissionOptions): Admission {
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
    reserve: ({ budgets: drawn }, { requestId, features }) =>
      drawn.length === 0
        ? null
        : budgets.reserve(drawn, { requestId, costUsd: dearestCostUsd(index(), features) }),
  };
}
