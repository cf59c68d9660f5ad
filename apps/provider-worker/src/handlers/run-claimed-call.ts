import {
  TokenHubError,
  type CallAttempt,
  type CallFailure,
  type CallJob,
  type CatalogueProvider,
} from "@tokenhub/contracts";
import type { Claim } from "@tokenhub/ledger";
import { findProvider, type AnyProvider, type ProviderReply } from "@tokenhub/providers";
import type { JobOutcome } from "@tokenhub/queue";
import { renameToolsInRequest, transcodeRequest } from "@tokenhub/translation";
import { servedBy } from "../answer.ts";
import type { CallDeps } from "../call-deps.ts";
import { failureOf } from "../call-failures.ts";
import type { KeyAnswer } from "../keys/key-finder.ts";
import { cooldownMsOf } from "../provider-cooldown.ts";
import { recoverFrom } from "../recover.ts";
import type { RunningCall } from "../running-calls.ts";
import { deliverBody } from "./deliver-body.ts";
import { deliverStream } from "./deliver-stream.ts";
import type { CallTarget } from "./execute-call.ts";

export interface ClaimedCall {
  readonly job: CallJob;
  readonly target: CallTarget;
  readonly token: string;
  readonly claim: Extract<Claim, { kind: "fresh" | "ambiguous" }>;
  readonly shutdown: AbortSignal;
}

/** A claimed call on its way: everything the delivery and the recovery need to know of it. */
export interface CallInFlight extends ClaimedCall {
  readonly call: RunningCall;
  readonly startedAtMs: number;
  readonly warnings: readonly string[];
  /** The key the call was made with. */
  readonly apiKey: string | null;
  /** Attempts before this one. */
  readonly history: readonly CallAttempt[];
}

/** Calls the provider and delivers what comes, keeping the lease alive until the end. */
export async function runClaimedCall(deps: CallDeps, claimed: ClaimedCall): Promise<JobOutcome> {
  const { job, target, token, claim, shutdown } = claimed;
  const startedAtMs = deps.now();
  using call = deps.running.begin(job.requestId, Math.max(0, job.deadlineAtMs - startedAtMs));
  const onShutdown = (): void => call.stop("shutdown");
  using _lease = keepLease(deps, job.requestId, token, call);

  shutdown.addEventListener("abort", onShutdown);
  try {
    const keyAnswer = await deps.keys.find(target.provider);
    const prepared = prepare(deps, claimed, keyAnswer);
    const inFlight: CallInFlight = {
      ...claimed,
      call,
      startedAtMs,
      warnings: prepared.warnings,
      apiKey: keyAnswer.kind === "key" ? keyAnswer.key : null,
      history: [...job.attempts, ...claim.history],
    };
    if (prepared.failure !== null)
      return await recoverFrom(deps, inFlight, {
        failure: prepared.failure,
        frameCount: 0,
        wasCalled: false,
      });
    const reply = await deps.client.call({ ...prepared.input, signal: call.signal });
    deps.events.called(job, target, reply, deps.now() - startedAtMs);
    if (reply.kind !== "failed") heedLimits(deps, job, reply);
    switch (reply.kind) {
      case "body":
        return await deliverBody(deps, inFlight, reply);
      case "stream":
        return await deliverStream(deps, inFlight, reply.chunks);
      case "failed":
        return await recoverFrom(deps, inFlight, { failure: reply.failure, frameCount: 0 });
    }
  } finally {
    shutdown.removeEventListener("abort", onShutdown);
  }
}

/** Tells the routers at once when this answer was the last one the provider's own limit allows for now. */
function heedLimits(deps: CallDeps, job: CallJob, { rateLimit }: ProviderReply): void {
  const cooldownMs = cooldownMsOf(rateLimit, deps.now());
  if (cooldownMs === 0) return;
  deps.events.usedUp(job, cooldownMs);
  deps.ledger.coolDown(job.decision.chosen.providerId, cooldownMs).catch(deps.events.redisTrouble);
}

type Prepared = { warnings: readonly string[] } & (
  | { failure: CallFailure; input: null }
  | { failure: null; input: Omit<Parameters<CallDeps["client"]["call"]>[0], "signal"> }
);

/** Translates the stored body into the provider's format and gathers what the client needs. */
function prepare(deps: CallDeps, { job, target, claim }: ClaimedCall, keyAnswer: KeyAnswer): Prepared {
  const { model } = target;
  const definition = findProvider(target.provider.type);
  const served = servedBy(job, target);
  if (definition === null || served === null)
    return { failure: failureOf("candidate_gone", job), input: null, warnings: [] };
  const { operation, wireFormat: format } = served;
  const provider =
    format === job.features.wireFormat
      ? withFormatHeaders(target.provider, job.formatHeaders)
      : target.provider;
  const keyFailure = keyFailureOf(keyAnswer, definition);
  if (keyFailure !== null) return { failure: failureOf(keyFailure, job), input: null, warnings: [] };
  const apiKey = keyAnswer.kind === "key" ? keyAnswer.key : null;

  try {
    const { bodyText, warnings } = transcodeRequest({
      from: job.features.wireFormat,
      to: format,
      bodyText: claim.bodyText,
      target: {
        model: model.upstreamName,
        stream: job.features.stream,
        maxOutputTokens: model.maxOutputTokens,
        extensions: definition.extensions,
        features: definition.features?.(provider.options) ?? {},
      },
    });
    const { stream } = job.features;
    return {
      failure: null,
      warnings,
      input: {
        provider,
        definition,
        operation,
        wireFormat: format,
        apiKey,
        bodyText: renameToolsInRequest(bodyText, { format, toolNameMap: model.toolNameMap }),
        stream,
        upstreamModel: model.upstreamName,
        requestId: job.requestId,
        limits: callLimits(provider.timeoutMs),
      },
    };
  } catch (error) {
    if (!(error instanceof TokenHubError)) {
      // Thrown on, it would fail the job without an end of the request, and its caller would wait for nothing.
      deps.events.translationBroke(job, error);
      return { failure: failureOf("translation_broke", job), input: null, warnings: [] };
    }
    return {
      failure: { ...failureOf("untranslatable", job), code: error.code, message: error.message },
      input: null,
      warnings: [],
    };
  }
}

/** A key that is in the vault is never replaced by none, even where the provider would take calls without one. */
function keyFailureOf(
  { kind }: KeyAnswer,
  { credential }: AnyProvider,
): "missing_key" | "vault_locked" | "unreadable_key" | null {
  switch (kind) {
    case "key":
      return null;
    case "none":
      return credential === "required" ? "missing_key" : null;
    case "locked":
      return "vault_locked";
    case "unreadable":
      return "unreadable_key";
  }
}

/** The caller's version and betas, where the configuration does not state its own. */
function withFormatHeaders(
  provider: CatalogueProvider,
  formatHeaders: Readonly<Record<string, string>>,
): CatalogueProvider {
  const version = formatHeaders["anthropic-version"];
  const beta = formatHeaders["anthropic-beta"];
  if (version === undefined && beta === undefined) return provider;
  return {
    ...provider,
    options: version === undefined ? provider.options : { anthropicVersion: version, ...provider.options },
    headers: beta === undefined ? provider.headers : { "anthropic-beta": beta, ...provider.headers },
  };
}

/** All limits follow from the provider's whole-call timeout: an answer must begin, and go on, well within it. */
function callLimits(timeoutMs: number): {
  headersTimeoutMs: number;
  idleTimeoutMs: number;
  totalTimeoutMs: number;
  maxResponseBytes: number;
} {
  return {
    headersTimeoutMs: timeoutMs,
    idleTimeoutMs: Math.min(timeoutMs, 60_000),
    totalTimeoutMs: timeoutMs,
    maxResponseBytes: 33_554_432,
  };
}

/** Renews the lease three times per period; a holder that lost it stops its call, because another one may be running. */
function keepLease(deps: CallDeps, requestId: string, token: string, call: RunningCall): Disposable {
  const timer = setInterval(() => {
    deps.ledger.renew(requestId, token).then(
      (isHeld) => {
        if (!isHeld) call.stop("lost");
      },
      (error: unknown) => deps.events.redisTrouble(error),
    );
  }, deps.leaseMs / 3);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
