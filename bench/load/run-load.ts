import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";
import { distributionOf } from "./distribution.ts";
import { exchange, type ExchangeOutcome } from "./exchange.ts";
import type { LoadPlan, LoadResult } from "./load-plan.ts";
import { questionsFor } from "./question.ts";

const answerTimeoutMs = 30_000;
const pauseAfterErrorMs = 20;
const keptErrorSamples = 5;

export interface RunLoadOptions {
  /** Numbers of the questions; they must never repeat within one upstream's life. */
  readonly nextSequence: () => number;
}

/**
 * Closed loop: every connection sends its next question when it has the answer to the one before. An answer counts when it
 * arrives while measuring; requests that are under way at the end are waited for, and count as errors when they fail.
 */
export async function runLoad(plan: LoadPlan, { nextSequence }: RunLoadOptions): Promise<LoadResult> {
  const questionFor = questionsFor(plan);
  const tally = new Tally();
  const startedAt = performance.now();
  const measureFrom = startedAt + plan.warmUpMs;
  const measureUntil = measureFrom + plan.measureMs;
  const cpuAtStart = process.cpuUsage();

  async function runConnection(): Promise<void> {
    const client = new Client(plan.request.origin, {
      pipelining: 1,
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
    });
    try {
      while (performance.now() < measureUntil) {
        const question = questionFor(nextSequence());
        const outcome = await exchange(client, { request: plan.request, question });
        const now = performance.now();
        tally.add(outcome, { isMeasured: now >= measureFrom && now < measureUntil });
        if (outcome.problem !== null) await delay(pauseAfterErrorMs);
      }
    } finally {
      await client.destroy();
    }
  }

  await Promise.all(Array.from({ length: plan.connections }, runConnection));
  const { user, system } = process.cpuUsage(cpuAtStart);
  const generatorCpuShare = (user + system) / 1_000 / (performance.now() - startedAt);
  return { ...tally.result(plan), generatorCpuShare };
}

/** Counts outcomes of one run. */
class Tally {
  readonly #latencies: number[] = [];
  readonly #firstTokens: number[] = [];
  readonly #errorSamples = new Set<string>();
  #textEvents = 0;
  #errors = 0;
  #totalRequests = 0;

  add(outcome: ExchangeOutcome, { isMeasured }: { readonly isMeasured: boolean }): void {
    this.#totalRequests += 1;
    if (outcome.problem !== null) {
      this.#errors += 1;
      if (this.#errorSamples.size < keptErrorSamples) this.#errorSamples.add(outcome.problem);
    } else if (isMeasured) {
      this.#latencies.push(outcome.latencyMs);
      this.#textEvents += outcome.textEvents;
      if (outcome.firstTokenMs !== null) this.#firstTokens.push(outcome.firstTokenMs);
    }
  }

  result({ stream, measureMs }: LoadPlan): Omit<LoadResult, "generatorCpuShare"> {
    const answers = this.#latencies.length;
    return {
      answers,
      errors: this.#errors,
      errorSamples: [...this.#errorSamples],
      totalRequests: this.#totalRequests,
      requestsPerSecond: (answers * 1_000) / measureMs,
      latencyMs: distributionOf(this.#latencies),
      firstTokenMs: stream ? distributionOf(this.#firstTokens) : null,
      textEventsPerStream: stream ? this.#textEvents / answers : null,
    };
  }
}
