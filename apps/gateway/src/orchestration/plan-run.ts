import { TokenHubError, type RoutingPolicy, type RunInput, type RunSettings } from "@tokenhub/contracts";
import { worstCaseCost, type ModeRegistry, type RunMode } from "@tokenhub/orchestration";
import { expectedOutputTokens, type CatalogueIndex } from "@tokenhub/routing";
import type { Admission } from "../admission/admission.ts";
import type { Caller } from "../admission/caller.ts";
import type { EndpointRequest } from "../sync/generation-endpoint.ts";
import type { Submission } from "../sync/submit-request.ts";
import { castOfRun } from "./cast-of-run.ts";
import { conversationBody } from "./conversation-body.ts";
import type { OrchestrationWish, RoleWish } from "./orchestration-wish.ts";
import { runIdOf } from "./run-id-of.ts";
import { runSettings } from "./run-settings.ts";

export interface PlanRunDeps {
  readonly modes: ModeRegistry;
  /** A mode's prompts, the operator's own among them. */
  readonly templatesOf: (mode: RunMode) => RunInput["templates"];
  readonly index: () => CatalogueIndex;
  /** @throws TokenHubError `model_not_found`. */
  readonly requireModel: (name: string | null) => void;
  readonly admission: Pick<Admission, "permittedModels">;
  /** Longest time one call of a run may take, in milliseconds. */
  readonly callTimeoutMs: number;
  readonly now: () => number;
}

export interface RunQuestion {
  readonly caller: Caller;
  readonly wish: OrchestrationWish;
  readonly read: Pick<EndpointRequest, "wireFormat" | "body">;
  readonly submission: Submission;
  /** Whose channel hears of the result; null: nobody waits. */
  readonly replyTo: string | null;
  /** Whether calls stream, for those who follow the run. */
  readonly streamsCalls: boolean;
}

/** A run that may begin. */
export interface PlannedRun {
  readonly input: RunInput;
  /** To be reserved: the worst case as far as prices are known, in US dollars. */
  readonly reservedUsd: number;
  /** What of the caller's format could not be expressed, one sentence each. */
  readonly warnings: readonly string[];
  readonly wish: OrchestrationWish;
}

/**
 * Checks everything about a wished orchestration that can be known before its first call, and works out what it costs at most.
 * @throws TokenHubError `invalid_request`, `model_not_found`, `model_not_allowed`, `no_eligible_model` and the like naming the
 * field at fault; `budget_exceeded` when the worst case does not fit the request's own budget.
 */
export function planRun(deps: PlanRunDeps, question: RunQuestion): PlannedRun {
  const { wish, submission } = question;
  const { requestId, keyId } = submission;
  const mode = requireMode(deps.modes, wish);
  if (wish.virtualModel !== null) deps.admission.permittedModels(question.caller, wish.virtualModel);
  for (const role of [wish.primary, wish.review]) requireNamed(deps, question.caller, role);
  const { body, warnings } = conversationBody(question.read);
  const features: RunInput["features"] = {
    ...submission.features,
    operation: "chat",
    wireFormat: "openai-chat",
    stream: question.streamsCalls,
    requestedModel: null,
  };
  const wanted = runSettings(mode, wish, features.policy);
  const roles = new Set(mode.worstCase(wanted).map(({ role }) => role));
  const cast = castOfRun(
    { index: deps.index(), features, requestId, keyId, nowMs: deps.now() },
    { settings: wanted, roles },
  );
  const { settings } = cast;
  const templates = deps.templatesOf(mode);
  const cost = worstCase(mode, { settings, templates, features, priceOf: cast.priceOf });
  requireBudget(cost.knownUsd, features.policy);
  return {
    input: {
      v: 1,
      runId: runIdOf(requestId),
      requestId,
      tenantId: submission.tenantId,
      projectId: submission.projectId,
      keyId,
      lane: submission.lane,
      traceparent: submission.traceparent,
      acceptedAtMs: submission.acceptedAtMs,
      deadlineAtMs: submission.deadlineAtMs,
      callTimeoutMs: deps.callTimeoutMs,
      replyTo: question.replyTo,
      settings,
      templates,
      bodyText: JSON.stringify(body),
      features,
      maxCostUsd: features.policy.maxBudgetUsd,
      worstCaseCostUsd: cost.usd,
      streamsCalls: question.streamsCalls,
    },
    reservedUsd: cost.knownUsd,
    warnings,
    wish,
  };
}

function requireMode(modes: ModeRegistry, { mode, fields }: OrchestrationWish): RunMode {
  const found = modes.find(mode);
  if (found !== null) return found;
  throw new TokenHubError(
    "invalid_request",
    `\`${fields.mode}\` names no orchestration mode. There are: ${modes.names().join(", ")}.`,
    { param: fields.mode },
  );
}

function requireNamed(deps: PlanRunDeps, caller: Caller, { modelId, field }: RoleWish): void {
  if (modelId === null) return;
  try {
    deps.requireModel(modelId);
    deps.admission.permittedModels(caller, modelId);
  } catch (error) {
    if (!(error instanceof TokenHubError)) throw error;
    throw new TokenHubError(error.code, `\`${field}\`: ${error.message}`, { param: field });
  }
}

interface Pricing {
  readonly settings: RunSettings;
  readonly templates: RunInput["templates"];
  readonly features: RunInput["features"];
  readonly priceOf: ReturnType<typeof castOfRun>["priceOf"];
}

/** Null where a price is unknown; `knownUsd` counts such a price as nothing. */
function worstCase(
  mode: RunMode,
  { settings, templates, features, priceOf }: Pricing,
): { readonly usd: number | null; readonly knownUsd: number } {
  const maxOutputTokens = expectedOutputTokens(features);
  const inputTokens = features.estimatedInputTokens;
  const size = { mode, settings, templates, inputTokens, maxOutputTokens };
  const usd = worstCaseCost({
    ...size,
    priceOf(role) {
      const { price, isKnown } = priceOf(role);
      return isKnown ? price : null;
    },
  });
  const knownUsd = usd ?? worstCaseCost({ ...size, priceOf: (role) => priceOf(role).price }) ?? 0;
  return { usd, knownUsd };
}

function requireBudget(worstCaseUsd: number, { maxBudgetUsd }: RoutingPolicy): void {
  if (maxBudgetUsd === null || worstCaseUsd <= maxBudgetUsd) return;
  throw new TokenHubError(
    "budget_exceeded",
    `This orchestration costs up to ${inUsd(worstCaseUsd)} in the worst case, which exceeds max_budget_usd, ${inUsd(maxBudgetUsd)}. Nothing was called. Raise the budget, ask for fewer iterations or a smaller max_tokens, or name cheaper models.`,
    { param: "max_budget_usd" },
  );
}

/** Six digits after the point at most: worst cases are estimates. */
function inUsd(usd: number): string {
  return `$${Number(usd.toFixed(6))}`;
}
