import type { CallSpec, RunSettings } from "@tokenhub/contracts";
import { saysNothingIsLeft } from "../answers/nothing-left.ts";
import { emptyAnswer, readAnswer, type Answered } from "../answers/read-answer.ts";
import { draftCall } from "../draft-call.ts";
import { findOptionFault, phaseLimits } from "../phase-options.ts";
import { refinePrompts } from "../prompts/refine-prompts.ts";
import { countOf } from "../round-count.ts";
import { sameModel } from "../same-model.ts";
import type { Artefacts, JsonValue, PlannedCall, RunMode, RunStep, RunView } from "../run-mode.ts";

const answerId = "answer.1";
const improveId = (round: number): string => `improve.${round}`;

/**
 * A model answers, then improves its own answer: 1 + k calls for k rounds. A round that fails ends the run with the best
 * answer so far, the latest good one; so does, when asked for, a model that finds nothing left to improve.
 */
export const refineMode: RunMode = {
  name: "refine",
  version: 1,
  description: "One model answers and improves its own answer for a number of rounds.",
  phases: [
    { name: "answer", role: "writer", description: "Answers the request." },
    {
      name: "improve",
      role: "writer",
      description: "Reviews and rewrites the latest answer; the same model.",
    },
  ],
  templates: refinePrompts,
  normalise(settings) {
    const fault = findOptionFault(settings, ["answer", "improve"]);
    if (fault !== null) return fault;
    const rounds = countOf(settings.rounds, 2);
    if (rounds.kind === "invalid") return rounds;
    return { kind: "ok", settings: { ...settings, rounds: rounds.count, voters: 0 } };
  },
  worstCase,
  next,
  artefacts: (run) => progress(run).artefacts,
};

function worstCase(settings: RunSettings): PlannedCall[] {
  return Array.from({ length: settings.rounds + 1 }, (_, round) => ({
    callId: round === 0 ? answerId : improveId(round),
    phase: round === 0 ? "answer" : "improve",
    role: "writer",
    reads: round === 0 ? [] : [callIdOf(round - 1)],
    templates: round === 0 ? ["answer.system"] : ["improve.system", askTemplate(settings)],
    maxOutputTokens: phaseLimits(settings, { phase: round === 0 ? "answer" : "improve" }).maxOutputTokens,
  }));
}

function callIdOf(round: number): string {
  return round === 0 ? answerId : improveId(round);
}

function askTemplate(settings: RunSettings): string {
  return settings.stopsWhenAccepted ? "improve.ask_or_stop" : "improve.ask";
}

function next(run: RunView): RunStep {
  const { settings } = run;
  const first = readAnswer(run, answerId);
  if (first.kind === "pending") return { kind: "calls", calls: [answerCall(settings)] };
  if (first.kind === "failed")
    return { kind: "fail", callId: answerId, failure: first.failure, artefacts: {} };
  if (first.kind === "empty")
    return { kind: "fail", callId: answerId, failure: emptyAnswer("writer"), artefacts: {} };
  const { kept, ended, wants, artefacts } = progress(run);
  if (wants !== null)
    return { kind: "calls", calls: [improveCall(settings, { round: wants, first: first.answer })] };
  return {
    kind: "finish",
    callId: callIdOf(kept),
    reason: ended === "tool_calls" ? "refine-tool-calls" : "refine-orchestration",
    artefacts,
    decision: { kept_round: kept, ended },
  };
}

interface Progress {
  /** 0: the first answer. */
  readonly kept: number;
  /** Why no further round is made. */
  readonly ended: "rounds_done" | "nothing_left" | "round_failed" | "tool_calls";
  /** The round to be made now; null: none. */
  readonly wants: number | null;
  readonly artefacts: Artefacts;
}

function progress(run: RunView): Progress {
  const { settings } = run;
  const first = readAnswer(run, answerId);
  if (first.kind !== "text" && first.kind !== "tools")
    return { kept: 0, ended: "round_failed", wants: null, artefacts: {} };
  let kept = { round: 0, answer: first.answer };
  const list: JsonValue[] = [roundEntry(kept)];
  let ended: Progress["ended"] = first.kind === "tools" ? "tool_calls" : "rounds_done";
  let wants: number | null = null;
  for (let round = 1; round <= settings.rounds && ended === "rounds_done" && wants === null; round += 1) {
    const reading = readAnswer(run, improveId(round));
    if (reading.kind === "pending") wants = round;
    else if (reading.kind === "failed" || reading.kind === "empty") {
      const { code, message } = reading.kind === "failed" ? reading.failure : emptyAnswer("writer");
      list.push({ round, error: { code, message } });
      ended = "round_failed";
    } else if (settings.stopsWhenAccepted && reading.kind === "text" && saysNothingIsLeft(reading.text)) {
      ended = "nothing_left";
    } else {
      kept = { round, answer: reading.answer };
      list.push(roundEntry(kept));
      if (reading.kind === "tools") ended = "tool_calls";
    }
  }
  const artefacts = {
    refined_response: kept.answer.text,
    iterations: settings.rounds,
    model: kept.answer.modelId,
    rounds: list,
    kept_round: kept.round,
  };
  return { kept: kept.round, ended, wants, artefacts };
}

function roundEntry({ round, answer }: { round: number; answer: Answered }): JsonValue {
  return { round, content: answer.text, model: answer.modelId };
}

function answerCall(settings: RunSettings): CallSpec {
  return draftCall({
    callId: answerId,
    role: "writer",
    system: "answer.system",
    model: settings.primary,
    routingMode: "high_confidence",
    ...phaseLimits(settings, { phase: "answer" }),
  });
}

function improveCall(settings: RunSettings, { round, first }: { round: number; first: Answered }): CallSpec {
  return draftCall({
    callId: improveId(round),
    role: "writer",
    system: "improve.system",
    ask: { template: askTemplate(settings), values: { answer: { answerOf: callIdOf(round - 1) } } },
    model: sameModel(settings.primary, first.modelId),
    routingMode: "planning",
    ...phaseLimits(settings, { phase: "improve" }),
  });
}
