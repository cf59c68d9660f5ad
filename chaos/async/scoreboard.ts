import type { JobCallVerdict } from "./judge-job-calls.ts";
import type { JobVerdict } from "./judge-jobs.ts";
import type { Recovery } from "./judge-recovery.ts";
import type { WebhookVerdict } from "./judge-webhooks.ts";

export interface Outcome {
  readonly jobs: JobVerdict;
  readonly calls: JobCallVerdict;
  readonly webhooks: WebhookVerdict;
  readonly recovery: Recovery | null;
  readonly failedDeliveries: number;
  readonly reservedNanoUsd: number;
  readonly queued: number;
  /** Processes that ended although nobody killed them. */
  readonly selfEnded: readonly string[];
  /** What was done, by its kind. */
  readonly troubles: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface Scoreboard {
  readonly lines: readonly string[];
  readonly isClean: boolean;
}

/** Says what came of the experiment, every fault and every extra call by name. */
export function scoreboardOf(outcome: Outcome): Scoreboard {
  const { jobs, calls, webhooks } = outcome;
  const unexplained = calls.extras.filter(({ cause }) => cause === null);
  const faults: readonly (readonly [name: string, found: readonly string[]])[] = [
    ["lost", jobs.lost],
    ["processes that ended by themselves", outcome.selfEnded],
    ["failed, expired or cancelled by nobody", jobs.spoiled],
    ["two jobs for one submission", jobs.doubled],
    ["wrong answers", jobs.wrongAnswers],
    ["answers that changed between two reads", jobs.unstable],
    ["extra calls without an explanation", unexplained.map(nameOfCall)],
    ["calls repeated after the end was in the database", calls.repeatsAfterCommit.map(nameOfCall)],
    ["calls of no job", calls.strangers.map(({ requestId }) => requestId)],
    ["succeeded without a call", calls.uncalled],
    ["webhooks never delivered", webhooks.missing],
    ["webhooks under two ids, or with two texts", webhooks.wrong],
    ["webhooks of no job", webhooks.stray],
  ];
  const counts: readonly (readonly [name: string, found: number])[] = [
    ["webhooks with a bad signature", webhooks.unsigned],
    ["deliveries given up", outcome.failedDeliveries],
    ["nano dollars still reserved", outcome.reservedNanoUsd],
    ["jobs left in the queues", outcome.queued],
  ];
  const board = [
    ["seconds", outcome.seconds],
    ...Object.entries(outcome.troubles),
    ["accepted (202 seen)", jobs.accepted],
    ["sent and never answered", `${jobs.unheard}, of which ${jobs.unheardJobs} became jobs`],
    ...Object.entries(jobs.byState).map(([state, count]) => [`jobs ${state}`, count]),
    ["trouble to the next end of a job, median and most", recoveryText(outcome.recovery)],
    ["provider calls", calls.calls],
    ["extra calls, explained", calls.extras.length - unexplained.length],
    ["calls made when their paused caller woke", calls.lateCalls.length],
    ["streams that broke with their caller", jobs.brokenStreams.length],
    ["webhooks due", webhooks.due],
    ["attempts at the receiver", webhooks.attempts],
    ["delivered again under the same id", webhooks.repeats],
    ...faults.map(([name, found]) => [name, found.length]),
    ...counts,
  ] as const;
  return {
    lines: [
      ...calls.extras.map((call) => `  extra call ${nameOfCall(call)}: ${call.cause ?? "NOTHING KNOWN"}`),
      ...faults.flatMap(([name, found]) =>
        found.slice(0, mostNamed).map((one) => `  ${name.toUpperCase()}: ${one}`),
      ),
      ...board.map(([name, value]) => `${String(name).padEnd(54)} ${value}`),
    ],
    isClean: faults.every(([, found]) => found.length === 0) && counts.every(([, found]) => found === 0),
  };
}

function recoveryText(recovery: Recovery | null): string {
  return recovery === null ? "none" : `${recovery.medianMs} ms, ${recovery.longestMs} ms`;
}

/** Of one kind of fault. */
const mostNamed = 30;

function nameOfCall({ jobId, requestId, startedAtMs }: JobCallVerdict["extras"][number]): string {
  return `${jobId} (${requestId}) begun ${new Date(startedAtMs).toISOString().slice(11, 23)}`;
}
