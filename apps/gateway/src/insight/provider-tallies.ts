import {
  errorCodeSchema,
  failureClassSchema,
  type CallAttempt,
  type FailureClass,
  type RequestFinishedFact,
} from "@tokenhub/contracts";
import { createSettingsRepository, type Database } from "@tokenhub/persistence";
import { z } from "zod";

const lastErrorSchema = z.object({
  atMs: z.number(),
  class: failureClassSchema,
  code: errorCodeSchema,
  message: z.string(),
  modelId: z.string(),
  providerStatus: z.number().nullable(),
});

const tallySchema = z.object({
  calls: z.number(),
  errors: z.number(),
  lastError: lastErrorSchema.nullable(),
  lastSuccessAtMs: z.number().nullable(),
});

/** What became of all calls to one provider, counted for as long as the database lives. */
export type ProviderTally = z.infer<typeof tallySchema>;

const talliesSchema = z.object({ v: z.literal(1), providers: z.record(z.string(), tallySchema) });

/** Failures that say nothing about the provider: they count as calls and not as errors. */
const callerCaused: ReadonlySet<FailureClass> = new Set([
  "bad_request",
  "cancelled",
  "context_overflow",
  "deadline",
]);

const settingName = "insight.provider_tallies";
/** Providers that were removed stay in the record up to this number. */
const mostProviders = 1_000;

/** By provider id; a provider that was never called is absent. */
export async function readTallies(db: Database["db"]): Promise<ReadonlyMap<string, ProviderTally>> {
  const stored = await createSettingsRepository(db).get(settingName, talliesSchema);
  return new Map(Object.entries(stored?.providers ?? {}));
}

/**
 * Counts the calls of requests that were recorded for the first time. Must run in the transaction that recorded them and
 * after their events: whoever has taken an event's id has the others wait, so no count is lost between two gateways.
 */
export async function tallyCalls(
  begun: Database["db"],
  { facts, nowMs }: { readonly facts: readonly RequestFinishedFact[]; readonly nowMs: number },
): Promise<void> {
  const attempts = facts.flatMap(({ result }) => result.attempts.filter(({ called }) => called));
  if (attempts.length === 0) return;
  const tallies = new Map(await readTallies(begun));
  for (const attempt of attempts)
    tallies.set(attempt.providerId, withCall(tallies.get(attempt.providerId) ?? empty, attempt));
  const providers = Object.fromEntries([...tallies].slice(-mostProviders));
  await createSettingsRepository(begun).set(settingName, { v: 1, providers }, { nowMs });
}

const empty: ProviderTally = { calls: 0, errors: 0, lastError: null, lastSuccessAtMs: null };

function withCall(tally: ProviderTally, attempt: CallAttempt): ProviderTally {
  const endedAtMs = attempt.startedAtMs + attempt.durationMs;
  const { failure } = attempt;
  const calls = tally.calls + 1;
  if (failure === null) {
    return { ...tally, calls, lastSuccessAtMs: Math.max(tally.lastSuccessAtMs ?? 0, endedAtMs) };
  }
  if (callerCaused.has(failure.class)) return { ...tally, calls };
  const isNewest = endedAtMs >= (tally.lastError?.atMs ?? 0);
  const { class: failureClass, code, message, providerStatus } = failure;
  const lastError = {
    atMs: endedAtMs,
    class: failureClass,
    code,
    message,
    modelId: attempt.modelId,
    providerStatus,
  };
  return { ...tally, calls, errors: tally.errors + 1, lastError: isNewest ? lastError : tally.lastError };
}
