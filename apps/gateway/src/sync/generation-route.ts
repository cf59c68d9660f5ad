import { TokenHubError, type RequestResult } from "@tokenhub/contracts";
import { inspectRequest, readEchoedPrompt } from "@tokenhub/translation";
import type { Request, RequestHandler, Response } from "express";
import type { Admission } from "../admission/admission.ts";
import type { Reservation } from "../admission/budget-guard.ts";
import type { Caller } from "../admission/caller.ts";
import { readWaitMs } from "../admission/read-deadline.ts";
import { policyOf, type RoutingDefaults } from "../admission/routing-wishes.ts";
import { readWishHeaders } from "../admission/wish-headers.ts";
import { enterCache, setCacheHeaders, type CacheDeps } from "../cache/enter-cache.ts";
import type { AnswerOrigin, KeptAnswer } from "../cache/kept-answer.ts";
import { recordHit } from "../cache/record-hit.ts";
import { replayAnswer } from "../cache/replay-answer.ts";
import type { CachePassage } from "../cache/response-cache.ts";
import type { GatewayEvents } from "../events.ts";
import { requestIdOf } from "../http/assign-request-id.ts";
import { parseJsonObject } from "../http/parse-json-object.ts";
import { readBodyText } from "../http/read-body.ts";
import { sendError } from "../http/surface.ts";
import type { AnswerPlan } from "../output/answer-plan.ts";
import { finishAnswer, type FinishDeps } from "../output/finish-answer.ts";
import { awaitReply, type ReplySink } from "./await-reply.ts";
import type { EndpointRequest, GenerationEndpoint, JsonObject } from "./generation-endpoint.ts";
import type { InFlightGate } from "./in-flight-gate.ts";
import { prepareRequest } from "./prepare-request.ts";
import { submitRequest, type Submission } from "./submit-request.ts";
import { createSyncReply } from "./sync-reply.ts";

export interface GenerationDeps extends FinishDeps {
  readonly admission: Admission;
  readonly gate: InFlightGate;
  /** @throws TokenHubError `model_not_found` when no model or alias has this name. */
  readonly requireModel: (name: string | null) => void;
  readonly cache: CacheDeps;
  readonly events: GatewayEvents;
  readonly maxBodyBytes: number;
  readonly syncWaitMs: number;
  /** What wishes that a request does not state mean now. */
  readonly routingDefaults: () => RoutingDefaults;
}

/**
 * Handles one generation endpoint: authenticate, parse, admit, register the waiter, enqueue, deliver. Everything that can
 * be wrong with a request is found before anything is enqueued.
 */
export function createGenerationRoute(deps: GenerationDeps, endpoint: GenerationEndpoint): RequestHandler {
  return async (request, response) => {
    const acceptedAtMs = deps.now();
    const caller = deps.admission.authenticate(request);
    deps.admission.requireScope(caller, endpoint.scope);
    const permit = deps.admission.admit(caller);
    if (permit !== null) await permit;
    requireJson(request);
    const bodyText = await readBodyText(request, { response, limitBytes: deps.maxBodyBytes });
    const asked = endpoint.read(parseJsonObject(bodyText), { bodyText, response });
    const { read, plan } = prepareRequest(asked);
    const submission = submissionOf(deps, { endpoint, request, response, caller, read, acceptedAtMs });
    deps.requireModel(submission.features.requestedModel);
    const passage = enterCache(deps.cache, { headers: request.headers, read, plan, submission });
    const reservation = await deps.admission.reserve(caller, submission);
    try {
      await runSync(deps, { endpoint, request, response, submission, read, plan, passage, reservation });
    } catch (error) {
      reservation?.release();
      throw error;
    }
  };
}

function submissionOf(
  deps: GenerationDeps,
  arrived: {
    readonly endpoint: GenerationEndpoint;
    readonly request: Request;
    readonly response: Response;
    readonly caller: Caller;
    readonly read: EndpointRequest;
    readonly acceptedAtMs: number;
  },
): Submission {
  const { endpoint, request, response, caller, read, acceptedAtMs } = arrived;
  const { model, ...inspected } = inspectRequest(read.wireFormat, read.body);
  const policy = policyOf(deps.routingDefaults(), readWishHeaders(request.headers), read.wishes);
  const waitMs = readWaitMs(request.headers, deps.syncWaitMs);
  return {
    requestId: requestIdOf(response),
    tenantId: caller.tenantId,
    projectId: caller.projectId,
    keyId: caller.keyId,
    traceparent: headerOf(request, "traceparent"),
    acceptedAtMs,
    // A stream that began in time is not cut: the limit decides who is asked, not how long the answer may be.
    waitMs: inspected.stream ? waitMs : Math.min(waitMs, policy.maxLatencyMs ?? waitMs),
    features: {
      operation: endpoint.operation,
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

interface SyncRun {
  readonly endpoint: GenerationEndpoint;
  readonly request: Request;
  readonly response: Response;
  readonly submission: Submission;
  readonly read: EndpointRequest;
  readonly plan: AnswerPlan;
  /** Null: the request does not use the cache. */
  readonly passage: CachePassage | null;
  readonly reservation: Reservation | null;
}

async function runSync(
  deps: GenerationDeps,
  { endpoint, request, response, submission, read, plan, passage, reservation }: SyncRun,
): Promise<void> {
  const { requestId, acceptedAtMs } = submission;
  const abandoned = (): void =>
    deps.events.abandoned({ endpoint: endpoint.path, submission, finishedAtMs: deps.now() });
  // Who went away while the books were asked will not be told of it again.
  if (response.closed) {
    reservation?.release();
    abandoned();
    return;
  }
  const place = deps.gate.enter();
  let wait: Disposable | null = null;
  const cancel = (): void => {
    if (wait !== null) deps.submit.cancel(requestId);
  };
  const gone = new AbortController();
  let isDone = false;
  let kept: KeptAnswer | null = null;

  const echoedPrompt = read.wireFormat === "openai-completions" ? readEchoedPrompt(read.body) : null;
  const openReply = (origin: AnswerOrigin): ReturnType<typeof createSyncReply> =>
    createSyncReply({
      response,
      ...origin,
      callerFormat: read.wireFormat,
      echoedPrompt,
      includeUsage: wantsUsage(read.body),
      finish: isPlain(plan, read)
        ? null
        : (text, result) => finishAnswer(deps, { read, submission, plan, result, text, signal: gone.signal }),
      fail: (error) => sendError(request, response, error),
      done(result: RequestResult | null) {
        isDone = true;
        place[Symbol.dispose]();
        if (result === null && wait === null) reservation?.release();
        else reservation?.settle(result === null ? null : (result.costUsd ?? 0));
        if (result === null) cancel();
        passage?.end(result !== null && response.statusCode === 200);
        const finishedAtMs = deps.now();
        const told = { endpoint: endpoint.path, submission, status: response.statusCode, finishedAtMs };
        if (kept === null || result === null) {
          deps.events.delivered({ ...told, result, ...(passage === null ? {} : { cache: "miss" }) });
          return;
        }
        // The decision was counted with the request that it was taken for.
        deps.events.delivered({ ...told, result: { ...result, decision: null }, cache: "hit" });
        const originId = kept.origin.requestId;
        recordHit(deps.submit, { submission, result, originId, finishedAtMs }).catch(
          deps.events.redisTrouble,
        );
      },
    });
  const { estimatedInputTokens } = submission.features;
  let reply = openReply({ requestId, acceptedAtMs, estimatedInputTokens });
  const call = (sink: ReplySink): Promise<void> => {
    if (passage !== null) setCacheHeaders(response, null);
    wait = awaitReply(deps.replies, requestId, acceptedAtMs + submission.waitMs - deps.now(), sink);
    return submitRequest(deps.submit, submission);
  };
  const hit = (answer: KeptAnswer, ageMs: number): void => {
    kept = answer;
    reply = openReply(answer.origin);
    setCacheHeaders(response, ageMs);
    const { stream: wantsStream, wireFormat: callerFormat } = submission.features;
    const durationMs = deps.now() - acceptedAtMs;
    replayAnswer(answer, reply, { requestId, callerFormat, wantsStream, echoedPrompt, durationMs });
  };

  const leave = (): void => {
    wait?.[Symbol.dispose]();
    reply[Symbol.dispose]();
    place[Symbol.dispose]();
  };
  response.on("close", () => {
    leave();
    gone.abort();
    if (isDone) return;
    isDone = true;
    passage?.end(false);
    if (wait === null) reservation?.release();
    else reservation?.settle(null);
    cancel();
    abandoned();
  });

  try {
    await (passage === null ? call(reply) : passage.serve({ sink: reply, call, hit, signal: gone.signal }));
  } catch (error) {
    passage?.end(false);
    if (isDone) return;
    isDone = true;
    leave();
    throw error;
  }
}

/** Whether the answer goes out as it came. */
function isPlain(plan: AnswerPlan, read: EndpointRequest): boolean {
  return plan.shape === null && !plan.includesDecision && read.encodeAnswer === null;
}

function requireJson(request: Request): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity")
    throw new TokenHubError(
      "unsupported_media_type",
      "Compressed request bodies are not accepted. Send the body without `content-encoding`.",
    );
  const type = request.headers["content-type"];
  if (type === undefined || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return;
  throw new TokenHubError("unsupported_media_type", "Send the body as `content-type: application/json`.");
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

function wantsUsage(body: JsonObject): boolean {
  const options = body["stream_options"];
  return typeof options === "object" && options !== null && (options as JsonObject)["include_usage"] === true;
}
