import type { CallFailure } from "@tokenhub/contracts";
import { classifyStatus } from "@tokenhub/resilience";
import { callFailure } from "./call-failure.ts";
import { networkErrorCode, networkFailure } from "./network-failure.ts";
import { redactKeyInText } from "./redact-key.ts";

const maxProviderMessageLength = 2_000;
const maxProviderCodeLength = 200;
const mistakes = ["TypeError", "ReferenceError", "SyntaxError", "RangeError"];

/**
 * Classifies what a provider class threw. Its message is kept apart as the provider's words, without the key:
 *
 * | thrown                                            | class and code                                        |
 * |---------------------------------------------------|-------------------------------------------------------|
 * | an error with a numeric `status`                  | as an HTTP answer with that status; see `classifyStatus` |
 * | an error of the network, also as cause of another | as the HTTP client's own; see `networkFailure`        |
 * | a mistake of the class, such as a `TypeError`     | fatal, provider_error                                 |
 * | anything else                                     | transient, provider_error                             |
 */
export function adapterFailure(error: unknown, { apiKey }: { apiKey: string | null }): CallFailure {
  const words = redactKeyInText(error instanceof Error ? error.message : "", apiKey);
  const providerMessage = words === "" ? null : words.slice(0, maxProviderMessageLength);
  const status = statusOf(error);
  if (status !== null) return withStatus(error, { status, apiKey, providerMessage });
  const cause = networkCause(error);
  if (cause !== null) return networkFailure(cause);
  const isMistake = error instanceof Error && mistakes.includes(error.name);
  return {
    ...callFailure(isMistake ? "fatal" : "transient", {
      code: "provider_error",
      message: isMistake
        ? "The provider class failed by a mistake of its own."
        : "The provider class failed without saying how.",
    }),
    providerMessage,
  };
}

function withStatus(
  error: unknown,
  {
    status,
    apiKey,
    providerMessage,
  }: { status: number; apiKey: string | null; providerMessage: string | null },
): CallFailure {
  const code = textField(error, "code");
  const verdict = classifyStatus({ status, code, type: null, message: providerMessage });
  const message = `The provider class reported a failure (HTTP ${status}).`;
  return {
    ...callFailure(verdict.class, { code: verdict.code, message, providerStatus: status }),
    providerMessage,
    providerCode: code === null ? null : redactKeyInText(code, apiKey).slice(0, maxProviderCodeLength),
    retryAfterMs: waitOf(error),
  };
}

/** Errors of many client libraries carry the status too. */
function statusOf(error: unknown): number | null {
  const status = field(error, "status");
  const isStatus = typeof status === "number" && Number.isInteger(status) && status >= 400 && status <= 599;
  return isStatus ? status : null;
}

function waitOf(error: unknown): number | null {
  const waitMs = field(error, "retryAfterMs");
  return typeof waitMs === "number" && waitMs >= 0 && waitMs < Infinity ? waitMs : null;
}

/** `fetch` throws a `TypeError` whose cause says what happened. */
function networkCause(error: unknown): unknown {
  for (const candidate of [error, field(error, "cause")]) {
    if (/^(?:E[A-Z]+|UND_ERR_[A-Z_]+|[A-Z_]*CERT[A-Z_]*)$/.test(networkErrorCode(candidate)))
      return candidate;
  }
  return null;
}

function textField(error: unknown, name: string): string | null {
  const value = field(error, name);
  return typeof value === "string" ? value : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
