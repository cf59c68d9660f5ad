import { TokenHubError, type RequestResult, type RunInput } from "@tokenhub/contracts";
import type { ReplyListener } from "@tokenhub/queue";
import { inspectRequest } from "@tokenhub/translation";
import type { Request, Response } from "express";
import type { Admission } from "../../admission/admission.ts";
import type { Reservation } from "../../admission/budget-guard.ts";
import type { Caller } from "../../admission/caller.ts";
import { readPatience } from "../../admission/read-deadline.ts";
import { policyOf, type RoutingDefaults, type RoutingWishes } from "../../admission/routing-wishes.ts";
import { readWishHeaders } from "../../admission/wish-headers.ts";
import { requestIdOf } from "../../http/assign-request-id.ts";
import { planRun, type PlannedRun, type PlanRunDeps } from "../../orchestration/plan-run.ts";
import { submitRun, type SubmitRunDeps } from "../../orchestration/submit-run.ts";
import { awaitReply } from "../../sync/await-reply.ts";

import { prepareRequest } from "../../sync/prepare-request.ts";
import type { Submission } from "../../sync/submit-request.ts";
import type { AskedOrchestration } from "./read-start-request.ts";

export interface CreateRunDeps {
  readonly planning: PlanRunDeps;
  readonly submit: SubmitRunDeps;
  readonly admission: Pick<Admission, "permittedModels" | "reserve">;
  readonly replies: Pick<ReplyListener, "register">;
  readonly gatewayId: string;
  readonly syncWaitMs: number;
  readonly routingDefaults: () => RoutingDefaults;
  readonly now: () => number;
}

/** How a run that was waited for ended: its result, or not within the time. */
export type RunEnding =
  | { readonly kind: "ended"; readonly result: RequestResult; readonly body: string }
  | { readonly kind: "still_running" };

export interface CreatedRun {
  readonly input: RunInput;
  readonly warnings: readonly string[];
  /** Resolves once; never for a run that nobody waits for and that holds nothing. Rejects for a result that cannot be read. */
  readonly ending: Promise<RunEnding>;
  /** Stops waiting, e.g. because the caller has gone; what the run costs stays reserved. */
  readonly leave: () => void;
}

/** Of a run that nobody waits for, when its caller states none. */
const defaultDeadlineMs = 600_000;

/**
 * Begins an orchestration. Everything that can be wrong with it, its worst-case cost included, is found before anything is
 * stored.
 * @throws TokenHubError naming the field at fault; `budget_exceeded`; `queue_unavailable`: nothing was accepted.
 */
export async function createRun(
  deps: CreateRunDeps,
  arrived: {
    readonly request: Request;
    readonly response: Response;
    readonly caller: Caller;
    readonly asked: AskedOrchestration;
    readonly acceptedAtMs: number;
  },
): Promise<CreatedRun> {
  const { request, caller, asked, acceptedAtMs } = arrived;
  const { modes, index } = deps.planning;
  const headerWishes = readWishHeaders(request.headers);
  const prepared = prepareRequest(asked.read, { headerWishes, modes: modes.names(), index: index() });
  const { read, wish } = prepared;
  if (wish === null) throw new TokenHubError("invalid_request", "`mode` is missing.", { param: "mode" });
  const isWaitedFor = !asked.isBackground && !asked.isStream;
  const { waitMs } = readPatience(request.headers, deps.syncWaitMs);
  const deadlineMs = asked.deadlineMs ?? (isWaitedFor ? waitMs : defaultDeadlineMs);
  const submission = submissionOf(deps, { ...arrived, read, headerWishes, deadlineMs });
  const planned = planRun(deps.planning, {
    caller,
    wish,
    read,
    submission,
    replyTo: deps.gatewayId,
    // Nobody knows of a run that is waited for before it has ended.
    streamsCalls: !isWaitedFor,
  });
  const { input, reservedUsd, warnings } = planned;
  const reservation = await deps.admission.reserve(caller, {
    requestId: input.requestId,
    features: input.features,
    worstCaseUsd: reservedUsd,
  });
  const waitUntilMs = isWaitedFor ? Math.min(acceptedAtMs + waitMs, input.deadlineAtMs) : input.deadlineAtMs;
  const hold = holdUntilEnd(deps, { planned, reservation, waitUntilMs, isWaitedFor });
  try {
    await submitRun(deps.submit, input);
  } catch (error) {
    hold.refuse();
    throw error;
  }
  return { input, warnings, ending: hold.ending, leave: hold.leave };
}

function submissionOf(
  deps: CreateRunDeps,
  arrived: {
    readonly request: Request;
    readonly response: Response;
    readonly caller: Caller;
    readonly read: AskedOrchestration["read"];
    readonly headerWishes: RoutingWishes;
    readonly acceptedAtMs: number;
    readonly deadlineMs: number;
  },
): Submission {
  const { request, response, caller, read, headerWishes, acceptedAtMs, deadlineMs } = arrived;
  const { model: _model, ...inspected } = inspectRequest(read.wireFormat, read.body);
  const policy = policyOf(deps.routingDefaults(), headerWishes, read.wishes);
  const { traceparent } = request.headers;
  return {
    requestId: requestIdOf(response),
    tenantId: caller.tenantId,
    projectId: caller.projectId,
    keyId: caller.keyId,
    traceparent: typeof traceparent === "string" ? traceparent : null,
    acceptedAtMs,
    waitMs: deadlineMs,
    deadlineAtMs: acceptedAtMs + deadlineMs,
    lane: "interactive",
    features: {
      operation: "chat",
      wireFormat: read.wireFormat,
      requestedModel: null,
      ...inspected,
      estimatedInputTokens: read.estimatedInputTokens ?? inspected.estimatedInputTokens,
      allowedModelIds: deps.admission.permittedModels(caller, null),
      policy,
    },
    formatHeaders: {},
    bodyText: read.bodyText,
  };
}

interface Held {
  readonly planned: PlannedRun;
  readonly reservation: Reservation | null;
  readonly waitUntilMs: number;
  readonly isWaitedFor: boolean;
}

/** Waits for the result, and gives the caller's share of budgets and places back when it comes. */
function holdUntilEnd(
  deps: CreateRunDeps,
  { planned, reservation, waitUntilMs, isWaitedFor }: Held,
): Pick<CreatedRun, "ending" | "leave"> & { readonly refuse: () => void } {
  const { promise, resolve, reject } = Promise.withResolvers<RunEnding>();
  promise.catch(() => undefined);
  if (!isWaitedFor && reservation === null)
    return { ending: promise, leave: () => undefined, refuse: () => undefined };
  const strange = (): void =>
    reject(new TokenHubError("internal_error", "The answer of an orchestration came as a stream."));
  const wait = awaitReply(
    deps.replies,
    planned.input.requestId,
    { waitMs: waitUntilMs - deps.now() },
    {
      onHead: strange,
      onText: strange,
      onEnd(result, body) {
        reservation?.settle(result.costUsd ?? 0);
        resolve({ kind: "ended", result, body });
      },
      onTimeout() {
        reservation?.settle(null);
        resolve({ kind: "still_running" });
      },
      onBroken(error) {
        reservation?.settle(null);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    },
  );
  return {
    ending: promise,
    leave() {
      wait[Symbol.dispose]();
      reservation?.settle(null);
    },
    refuse() {
      wait[Symbol.dispose]();
      reservation?.release();
    },
  };
}
