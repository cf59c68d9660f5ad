import type { Operation } from "@tokenhub/contracts";
import { inspectRequest } from "@tokenhub/translation";
import type { Request, Response } from "express";
import type { Admission } from "../admission/admission.ts";
import type { Caller } from "../admission/caller.ts";
import { readPatience } from "../admission/read-deadline.ts";
import { policyOf, type RoutingDefaults, type RoutingWishes } from "../admission/routing-wishes.ts";
import { requestIdOf } from "../http/assign-request-id.ts";
import type { Execution } from "../jobs/internal-call.ts";
import type { EndpointRequest } from "./generation-endpoint.ts";
import type { Submission } from "./submit-request.ts";

export interface SubmissionDeps {
  readonly admission: Pick<Admission, "permittedModels">;
  readonly syncWaitMs: number;
  /** How long the work of a request goes on, as a job, when its caller's wait is over, in milliseconds; 0: not at all. */
  readonly afterWaitMs: number;
  /** What wishes that a request does not state mean now. */
  readonly routingDefaults: () => RoutingDefaults;
}

/** A request that was read and whose caller is known. */
export interface ArrivedRequest {
  readonly operation: Operation;
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
  readonly read: EndpointRequest;
  readonly headerWishes: RoutingWishes;
  readonly acceptedAtMs: number;
  /** Null: its caller waits. */
  readonly execution: Execution | null;
}

/**
 * What is submitted of a request: who asks, what the routers need to know of it, and until when somebody waits.
 * @throws TokenHubError `invalid_request` for a timeout that is none, `model_not_allowed` for a model the key does not admit.
 */
export function buildSubmission(deps: SubmissionDeps, arrived: ArrivedRequest): Submission {
  const { operation, request, response, caller, read, headerWishes, acceptedAtMs, execution } = arrived;
  const { model, ...inspected } = inspectRequest(read.wireFormat, read.body);
  const policy = policyOf(deps.routingDefaults(), headerWishes, read.wishes);
  return {
    requestId: requestIdOf(response),
    tenantId: caller.tenantId,
    projectId: caller.projectId,
    keyId: caller.keyId,
    traceparent: headerOf(request, "traceparent"),
    acceptedAtMs,
    ...(execution === null
      ? { lane: "interactive", ...timesOf(deps, arrived, inspected.stream ? null : policy.maxLatencyMs) }
      : {
          lane: execution.lane,
          priority: execution.priority,
          waitMs: execution.deadlineAtMs - acceptedAtMs,
          deadlineAtMs: execution.deadlineAtMs,
        }),
    features: {
      operation,
      wireFormat: read.wireFormat,
      requestedModel: model,
      ...inspected,
      estimatedInputTokens: read.estimatedInputTokens ?? inspected.estimatedInputTokens,
      needs: [...new Set([...inspected.needs, ...read.needs])],
      allowedModelIds: deps.admission.permittedModels(caller, model),
      policy,
    },
    formatHeaders: formatHeadersOf(request),
    bodyText: read.bodyText,
  };
}

/**
 * How long the caller waits, and when the work ends.
 * @param maxLatencyMs what the answer may take by the caller's policy; null for a stream, which is not cut when it began in
 * time: there the limit decides who is asked, not how long the answer may be.
 */
function timesOf(
  deps: SubmissionDeps,
  { request, acceptedAtMs }: ArrivedRequest,
  maxLatencyMs: number | null,
): Pick<Submission, "waitMs" | "deadlineAtMs"> {
  const patience = readPatience(request.headers, deps.syncWaitMs);
  const waitMs = Math.min(patience.waitMs, maxLatencyMs ?? Infinity);
  const longestMs = Math.min(
    waitMs + deps.afterWaitMs,
    patience.limitMs ?? Infinity,
    maxLatencyMs ?? Infinity,
  );
  return { waitMs, deadlineAtMs: acceptedAtMs + Math.max(waitMs, longestMs) };
}

/** Versions and betas change what an Anthropic body means, so they travel with it. */
function formatHeadersOf(request: Request): Record<string, string> {
  const names = ["anthropic-version", "anthropic-beta"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headerOf(request, name);
      return value === null || !/^[\w.,: -]{1,500}$/.test(value) ? [] : [[name, value]];
    }),
  );
}

function headerOf(request: Request, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}
