import type { CallFailure, CallSpec, RunSettings } from "@tokenhub/contracts";
import { readJudgeVerdict } from "../answers/judge-verdict.ts";
import { emptyAnswer, readAnswer, type Answered } from "../answers/read-answer.ts";
import { draftCall } from "../draft-call.ts";
import { findOptionFault, phaseLimits } from "../phase-options.ts";
import { votePrompts } from "../prompts/vote-prompts.ts";
import { countOf } from "../round-count.ts";
import type { PlannedCall, RunMode, RunStep, RunView } from "../run-mode.ts";

const judgeId = "judge.1";
const voteId = (index: number): string => `vote.${index + 1}`;
/** Room for a number and its reason, also for a model that thinks before it answers. */
const judgeTokensMax = 1_000;

/**
 * Several models answer side by side, a judge picks one of the answers: N + 1 calls. A single answer needs no judge; a judge
 * that fails or cannot be understood leaves the first answer in the order of the voters; a tie goes to the first of the tied.
 */
export const voteMode: RunMode = {
  name: "vote",
  version: 1,
  description: "Several models answer, a judge picks the best answer and says why.",
  phases: [
    {
      name: "vote",
      role: "voter",
      description: "Answers the request; all voters at once, on models that differ.",
    },
    { name: "judge", role: "judge", description: "Picks one of the answers." },
  ],
  templates: votePrompts,
  normalise(settings) {
    const fault = findOptionFault(settings, ["vote", "judge"]);
    if (fault !== null) return fault;
    const voters = countOf(settings.voters === 0 ? settings.rounds : settings.voters, 3);
    if (voters.kind === "invalid") return voters;
    return { kind: "ok", settings: { ...settings, rounds: 0, voters: voters.count } };
  },
  worstCase,
  next,
  artefacts: (run) => ({ responses: candidatesOf(run).map((candidate) => response(candidate)) }),
};

function worstCase(settings: RunSettings): PlannedCall[] {
  const voters = indexes(settings).map((index) => ({
    callId: voteId(index),
    phase: "vote",
    role: "voter",
    reads: [],
    templates: ["vote.system"],
    maxOutputTokens: phaseLimits(settings, { phase: "vote" }).maxOutputTokens,
  }));
  if (voters.length < 2) return voters;
  return [
    ...voters,
    {
      callId: judgeId,
      phase: "judge",
      role: "judge",
      reads: voters.map(({ callId }) => callId),
      templates: ["judge.system", "judge.ask"],
      maxOutputTokens: judgeLimits(settings).maxOutputTokens,
    },
  ];
}

function judgeLimits(settings: RunSettings): Pick<CallSpec, "maxOutputTokens" | "temperature"> {
  return phaseLimits(settings, { phase: "judge", maxOutputTokens: judgeTokensMax });
}

function indexes(settings: RunSettings): number[] {
  return Array.from({ length: settings.voters }, (_, index) => index);
}

interface Candidate {
  readonly callId: string;
  readonly answer: Answered;
}

function next(run: RunView): RunStep {
  const { settings } = run;
  const readings = indexes(settings).map((index) => readAnswer(run, voteId(index)));
  if (readings.some(({ kind }) => kind === "pending"))
    return { kind: "calls", calls: indexes(settings).map((index) => voterCall(settings, index)) };
  const candidates = candidatesOf(run);
  const [first, second] = candidates;
  if (first === undefined) return failAll(run);
  if (second === undefined) return finishAlone(first);
  const judge = readAnswer(run, judgeId);
  if (judge.kind === "pending") return { kind: "calls", calls: [judgeCall(settings, candidates)] };
  return finishJudged(run, candidates);
}

/** The answers there are, in the order of the voters; an empty one is none. */
function candidatesOf(run: RunView): Candidate[] {
  return indexes(run.settings).flatMap((index) => {
    const reading = readAnswer(run, voteId(index));
    return reading.kind === "text" || reading.kind === "tools"
      ? [{ callId: voteId(index), answer: reading.answer }]
      : [];
  });
}

function failAll(run: RunView): RunStep {
  const first = readAnswer(run, voteId(0));
  const failure: CallFailure = first.kind === "failed" ? first.failure : emptyAnswer("voter");
  return { kind: "fail", callId: voteId(0), failure, artefacts: { responses: [] } };
}

function finishAlone(candidate: Candidate): RunStep {
  return {
    kind: "finish",
    callId: candidate.callId,
    reason: "vote-single-response",
    artefacts: {
      responses: [{ ...response(candidate), selected: true }],
      selected: 0,
      judge: null,
      judge_reason: null,
    },
    decision: { selected: 0, model: candidate.answer.modelId, judge: null, judge_reason: null },
  };
}

function finishJudged(run: RunView, candidates: readonly Candidate[]): RunStep {
  const { selected, judge, reason, isJudged } = judgement(run, candidates.length);
  const winner = candidates[selected];
  if (winner === undefined) return { kind: "wait" };
  return {
    kind: "finish",
    callId: winner.callId,
    reason: isJudged ? "vote-orchestration" : "vote-judge-failed",
    artefacts: {
      responses: candidates.map((candidate, index) => ({
        ...response(candidate),
        selected: index === selected,
      })),
      selected,
      judge,
      judge_reason: reason,
    },
    decision: { selected, model: winner.answer.modelId, judge, judge_reason: reason },
  };
}

interface Judgement {
  /** Counted from 0. */
  readonly selected: number;
  /** Model id. */
  readonly judge: string | null;
  readonly reason: string | null;
  readonly isJudged: boolean;
}

function judgement(run: RunView, count: number): Judgement {
  const outcome = run.answers.get(judgeId);
  if (outcome?.kind !== "answered") {
    const code = outcome?.failure.code ?? "internal_error";
    const reason = `The judge's call failed (${code}), so the first answer was taken.`;
    return { selected: 0, judge: null, reason, isJudged: false };
  }
  const verdict = readJudgeVerdict(outcome.text, count);
  if (verdict !== null)
    return { selected: verdict.winner, judge: outcome.modelId, reason: verdict.reason, isJudged: true };
  const reason = "The judge's answer named no winner, so the first answer was taken.";
  return { selected: 0, judge: outcome.modelId, reason, isJudged: false };
}

function response({ answer }: Candidate): { model: string; content: string } {
  return { model: answer.modelId, content: answer.text };
}

/** A model that was named as primary is the first voter; one named as judge is no voter where there is a choice. */
function voterCall(settings: RunSettings, index: number): CallSpec {
  const { primary, review } = settings;
  const isNamed = primary.modelId !== null && index === 0;
  const reserved = [primary.modelId, review.modelId].filter((modelId) => modelId !== null);
  return draftCall({
    callId: voteId(index),
    role: "voter",
    system: "vote.system",
    model: isNamed
      ? primary
      : {
          modelId: null,
          allowFallback: true,
          minWeight: primary.minWeight,
          avoidModelIds: reserved,
          rank: primary.modelId === null ? index : index - 1,
          ranks: primary.modelId === null ? settings.voters : settings.voters - 1,
        },
    routingMode: "normal",
    ...phaseLimits(settings, { phase: "vote" }),
  });
}

function judgeCall(settings: RunSettings, candidates: readonly Candidate[]): CallSpec {
  return draftCall({
    callId: judgeId,
    role: "judge",
    system: "judge.system",
    ask: {
      template: "judge.ask",
      values: Object.fromEntries(
        candidates.map(({ callId }, index) => [`answers.${index + 1}`, { answerOf: callId }]),
      ),
    },
    carriesTools: false,
    carriesParameters: false,
    model: settings.review,
    routingMode: "high_confidence",
    ...judgeLimits(settings),
  });
}
