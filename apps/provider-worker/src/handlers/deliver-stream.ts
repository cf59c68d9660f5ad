import type { CallFailure, CallJob, StreamHead } from "@tokenhub/contracts";
import { findProvider, isBuiltIn, ProviderStreamError, readStreamFailure } from "@tokenhub/providers";
import type { JobOutcome } from "@tokenhub/queue";
import {
  createSseParser,
  createStreamSummary,
  encodeSseEvent,
  renameToolsInEvent,
} from "@tokenhub/translation";
import { answerFormat, usageOrEstimate } from "../answer.ts";
import type { CallDeps } from "../call-deps.ts";
import { endRequest } from "../end-request.ts";
import { recoverFrom } from "../recover.ts";
import { createGemma4Filter } from "../read-gemma4-output.ts";
import { createFrameWriter, type FrameWriter } from "../frame-writer.ts";
import type { CallInFlight } from "./run-claimed-call.ts";

/** Time for a connection to end after the stream's last event, so that it can be used again, before it is cut. */
const closingGraceMs = 250;

/**
 * Copies a provider's stream into the log, event by event. Nothing is written before the first event with content, so
 * that a provider that fails early can be replaced unseen; after it, a break ends the stream for good. After the last
 * event the answer is whole, whatever the provider still says or does.
 */
export async function deliverStream(
  deps: CallDeps,
  inFlight: CallInFlight,
  chunks: AsyncIterable<string>,
): Promise<JobOutcome> {
  const { job, target, token, call } = inFlight;
  const wireFormat = answerFormat(job, target);
  const summary = createStreamSummary(wireFormat);
  const renaming = { format: wireFormat, toolNameMap: target.model.toolNameMap };
  const gemma4 = createGemma4Filter(target, wireFormat);
  const parser = createSseParser();
  const writer = createFrameWriter({
    ledger: deps.ledger,
    job,
    token,
    onLost: () => call.stop("lost"),
    onTrouble: deps.events.redisTrouble,
  });
  const head = headOf(inFlight, wireFormat);
  let held = `${JSON.stringify(head)}\n`;
  let firstTokenAtMs: number | null = null;
  let contentEvents = 0;
  let failure: CallFailure | null = null;
  let closing: NodeJS.Timeout | null = null;

  try {
    for await (const chunk of chunks) {
      if (closing !== null) continue;
      let text = "";
      for (const event of parser.push(gemma4?.push(chunk) ?? chunk)) {
        const seen = summary.observe(event);
        if (seen.error !== null) {
          failure = failureInEvent(deps, inFlight, event.data);
          break;
        }
        text += encodeSseEvent({ ...event, data: renameToolsInEvent(event.data, renaming) });
        if (seen.hasContent) {
          contentEvents += 1;
          firstTokenAtMs ??= deps.now();
        }
        if (seen.isTerminal) {
          closing = setTimeout(() => void chunks[Symbol.asyncIterator]().return?.(), closingGraceMs);
          break;
        }
      }
      if (firstTokenAtMs === null) held += text;
      else if (text !== "") {
        await writer.write(held + text);
        held = "";
      }
      if (failure !== null) break;
    }
  } catch (error) {
    if (!(error instanceof ProviderStreamError)) throw error;
    if (closing === null) failure = error.failure;
  } finally {
    if (closing !== null) clearTimeout(closing);
  }

  const totals = summary.result();
  failure ??= totals.sawTerminal ? null : truncatedStream(job);
  if (closing === null && (call.stopReason() !== null || failure !== null)) {
    await writer.flush();
    return recoverFrom(deps, inFlight, {
      failure: failure ?? truncatedStream(job),
      frameCount: writer.frameCount,
      firstTokenAtMs,
      deliveredTokens: contentEvents,
    });
  }
  if (held !== "") await writer.write(held);
  await writer.flush();
  return commitStream(deps, inFlight, { writer, firstTokenAtMs, contentEvents, summary: totals, head });
}

interface FinishedStream {
  readonly writer: FrameWriter;
  readonly firstTokenAtMs: number | null;
  readonly contentEvents: number;
  readonly summary: ReturnType<ReturnType<typeof createStreamSummary>["result"]>;
  readonly head: StreamHead;
}

async function commitStream(
  deps: CallDeps,
  inFlight: CallInFlight,
  { writer, firstTokenAtMs, contentEvents, summary, head }: FinishedStream,
): Promise<JobOutcome> {
  const { job, token, claim, startedAtMs } = inFlight;
  const durationMs = deps.now() - startedAtMs;
  return endRequest(deps, {
    job,
    token,
    failure: null,
    frameCount: writer.frameCount,
    firstTokenAtMs,
    ambiguousCalls: claim.ambiguousCalls,
    attempts: [
      ...inFlight.history,
      { ...job.decision.chosen, round: job.round, startedAtMs, durationMs, failure: null, called: true },
    ],
    answer: {
      wireFormat: head.wireFormat,
      upstreamModel: summary.upstreamModel,
      finishReason: summary.finishReason,
      usage: usageOrEstimate(summary.usage, job, contentEvents),
      warnings: [...inFlight.warnings],
    },
    // The time to the first token is what a provider's speed means for a stream; its length is the caller's choice.
    health: { kind: "success", latencyMs: (firstTokenAtMs ?? deps.now()) - startedAtMs },
  });
}

function headOf(
  { job, target, claim, warnings }: CallInFlight,
  wireFormat: StreamHead["wireFormat"],
): StreamHead {
  return {
    v: 1,
    wireFormat,
    ...job.decision.chosen,
    upstreamModel: target.model.upstreamName,
    reason: job.decision.reason,
    attempts: claim.attempts,
    warnings: [...warnings],
  };
}

/** An error the provider put into its stream, classified as if it were the whole answer. */
function failureInEvent(deps: CallDeps, { job, target, apiKey }: CallInFlight, data: string): CallFailure {
  const definition = findProvider(target.provider.type);
  if (definition === null || isBuiltIn(definition)) return truncatedStream(job);
  return readStreamFailure(data, { definition, apiKey, nowMs: deps.now() });
}

function truncatedStream(job: CallJob): CallFailure {
  return {
    class: "transient",
    code: "provider_bad_response",
    message: `The stream from provider ${job.decision.chosen.providerId} ended without its closing event.`,
    providerStatus: 200,
    providerMessage: null,
    providerCode: null,
    retryAfterMs: null,
  };
}
