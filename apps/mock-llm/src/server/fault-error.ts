import type { FaultStep } from "../plans/step.ts";
import { upstreamError, type ProviderFamily, type UpstreamError } from "../surfaces/upstream-error.ts";

type StatusStep = Extract<FaultStep, { kind: "status" }>;
type OverflowStep = Extract<FaultStep, { kind: "context_overflow" }>;
type ErrorIn200Step = Extract<FaultStep, { kind: "error_in_200" }>;

const defaultMaximumTokens = 8_192;

/** The error of a `status` or `error_in_200` step; the latter looks like a 500 (Anthropic: overloaded) unless it says otherwise. */
export function plannedError(
  fault: StatusStep | ErrorIn200Step,
  { family }: { readonly family: ProviderFamily },
): UpstreamError {
  const { code = null, type = null, message = null } = fault;
  const status = fault.kind === "status" ? fault.status : family === "openai" ? 500 : 529;
  return upstreamError(status, { code, type, message });
}

/** How a provider says that a prompt is too long. */
export function contextOverflowError(
  fault: OverflowStep,
  { family, promptTokens }: { readonly family: ProviderFamily; readonly promptTokens: number },
): UpstreamError {
  const maximum = fault.maximumTokens ?? defaultMaximumTokens;
  const tokens = Math.max(promptTokens, maximum + 1);
  if (family === "anthropic") {
    return upstreamError(400, { message: `prompt is too long: ${tokens} tokens > ${maximum} maximum` });
  }
  const message = `This model's maximum context length is ${maximum} tokens, but the messages have ${tokens} tokens.`;
  return upstreamError(400, { code: "context_length_exceeded", message, param: "messages" });
}

/** `retry-after`, `retry-after-ms` and `x-should-retry`, as far as the step has them. */
export function retryHeaders(fault: StatusStep): Readonly<Record<string, string>> {
  const { retryAfterSeconds, retryAfterMs, shouldRetry } = fault;
  return {
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": `${retryAfterSeconds}` }),
    ...(retryAfterMs === undefined ? {} : { "retry-after-ms": `${retryAfterMs}` }),
    ...(shouldRetry === undefined ? {} : { "x-should-retry": `${shouldRetry}` }),
  };
}
