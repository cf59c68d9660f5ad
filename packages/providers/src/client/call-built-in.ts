import type { CallFailure } from "@tokenhub/contracts";
import type { BuiltInAnswer, BuiltInProvider } from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { callFailure } from "../failure/call-failure.ts";
import { missingKey } from "./check-credential.ts";
import type { ProviderCallInput, ProviderReply } from "./provider-call.ts";
import { readBuiltInAnswer } from "./read-built-in-answer.ts";

export interface BuiltInCallDeps {
  readonly definition: BuiltInProvider;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** A call that is answered inside the process, under the same limits as one over HTTP. */
export async function callBuiltIn(input: ProviderCallInput, deps: BuiltInCallDeps): Promise<ProviderReply> {
  const { definition } = deps;
  if (definition.credential === "required" && (input.apiKey ?? "") === "") {
    return { kind: "failed", failure: missingKey(), headers: {} };
  }
  const controller = new AbortController();
  let answer: BuiltInAnswer | Promise<BuiltInAnswer>;
  try {
    answer = ask(input, { ...deps, signal: controller.signal });
  } catch {
    // Whatever a provider throws may quote the request or the key; only that it threw is told.
    return { kind: "failed", failure: threw(), headers: {} };
  }
  if (!(answer instanceof Promise)) return readBuiltInAnswer(answer, input);
  return settleInTime(input, { answer, controller });
}

function ask(
  { operation, bodyText, stream, upstreamModel, requestId, apiKey, provider }: ProviderCallInput,
  { definition, nowMs, signal }: BuiltInCallDeps & { signal: AbortSignal },
): BuiltInAnswer | Promise<BuiltInAnswer> {
  const baseUrl = provider.baseUrl ?? definition.defaultBaseUrl;
  const settings = { providerId: provider.id, apiKey, baseUrl, options: provider.options, signal };
  return definition.answer({
    ...settings,
    operation,
    bodyText,
    stream,
    upstreamModel,
    requestId,
    nowMs,
  });
}

/** The answer, the abort or the end of the time, whichever is first; the latter two abort the provider's own signal. */
function settleInTime(
  input: ProviderCallInput,
  { answer, controller }: { answer: Promise<BuiltInAnswer>; controller: AbortController },
): Promise<ProviderReply> {
  const { signal } = input;
  return new Promise((resolve) => {
    const timeoutMs = answerTimeoutMs(input);
    const settle = (reply: ProviderReply): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(reply);
    };
    const giveUp = (failure: CallFailure, reason: unknown): void => {
      settle({ kind: "failed", failure, headers: {} });
      controller.abort(reason);
    };
    const onAbort = (): void => giveUp(abortFailure(signal.reason), signal.reason);
    const timer = setTimeout(() => giveUp(timedOut(timeoutMs), "timeout"), timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    answer.then(
      (answered) => settle(readBuiltInAnswer(answered, input)),
      () => settle({ kind: "failed", failure: threw(), headers: {} }),
    );
  });
}

/** An answer inside the process comes whole, so the strictest of the limits on its beginning bounds all of it. */
function answerTimeoutMs({ limits, stream }: ProviderCallInput): number {
  const { headersTimeoutMs, totalTimeoutMs, firstTokenTimeoutMs } = limits;
  const firstMs = stream ? (firstTokenTimeoutMs ?? totalTimeoutMs) : totalTimeoutMs;
  return Math.max(1, Math.min(headersTimeoutMs, totalTimeoutMs, firstMs));
}

function timedOut(timeoutMs: number): CallFailure {
  return callFailure("transient", {
    code: "provider_timeout",
    message: `The provider did not finish its answer within ${timeoutMs} ms.`,
  });
}

function threw(): CallFailure {
  return callFailure("fatal", {
    code: "provider_error",
    message: "The provider's code failed unexpectedly.",
  });
}
