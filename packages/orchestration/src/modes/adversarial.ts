import type { CallSpec, RunSettings } from "@tokenhub/contracts";
import { readCritique } from "../answers/critique.ts";
import { readPlannerSections } from "../answers/planner-sections.ts";
import { emptyAnswer, readAnswer, type Answered } from "../answers/read-answer.ts";
import { draftCall } from "../draft-call.ts";
import { findOptionFault, phaseLimits } from "../phase-options.ts";
import { adversarialPrompts } from "../prompts/adversarial-prompts.ts";
import { countOf } from "../round-count.ts";
import { sameModel } from "../same-model.ts";
import type { Artefacts, PlannedCall, RunMode, RunStep, RunView } from "../run-mode.ts";

const planId = "plan.1";
const critiqueId = (round: number): string => `critique.${round}`;
const refineId = (round: number): string => `refine.${round}`;
/** The critic's own limit: the caller's is meant for the answer, and an unlimited critique is paid for twice. */
const critiqueTokensMax = 2_000;

/**
 * A model plans, another one attacks the plan, the first one refines it: 1 + 2k calls for k rounds, each round with a
 * critique of the latest plan. Without refinement there is one critique, and the plan is the answer.
 */
export const adversarialMode: RunMode = {
  name: "adversarial",
  version: 1,
  description: "One model plans, another one criticises, the first one refines, for a number of rounds.",
  phases: [
    { name: "plan", role: "planner", description: "Answers the request." },
    {
      name: "critique",
      role: "critic",
      description: "Attacks the latest plan; a model other than the planner's.",
    },
    { name: "refine", role: "planner", description: "Improves the latest plan by its critique." },
  ],
  templates: adversarialPrompts,
  normalise(settings) {
    const fault = findOptionFault(settings, ["plan", "critique", "refine"]);
    if (fault !== null) return fault;
    const rounds = countOf(settings.rounds, 1);
    if (rounds.kind === "invalid") return rounds;
    return { kind: "ok", settings: { ...settings, rounds: rounds.count, voters: 0 } };
  },
  worstCase,
  next,
  artefacts,
};

function worstCase(settings: RunSettings): PlannedCall[] {
  const planned = [plannedCall(settings, { callId: planId, phase: "plan", reads: [] })];
  if (settings.planOnly) return planned;
  let latest = planId;
  for (let round = 1; round <= criticRounds(settings); round += 1) {
    const critique = critiqueId(round);
    planned.push(plannedCall(settings, { callId: critique, phase: "critique", reads: [latest] }));
    if (!settings.refines) break;
    const refine = refineId(round);
    planned.push(plannedCall(settings, { callId: refine, phase: "refine", reads: [latest, critique] }));
    latest = refine;
  }
  return planned;
}

function plannedCall(
  settings: RunSettings,
  {
    callId,
    phase,
    reads,
  }: { callId: string; phase: "plan" | "critique" | "refine"; reads: readonly string[] },
): PlannedCall {
  return {
    callId,
    phase,
    role: phase === "critique" ? "critic" : "planner",
    reads,
    templates: phase === "plan" ? ["plan.system"] : [`${phase}.system`, `${phase}.ask`],
    maxOutputTokens: limitsOf(settings, phase).maxOutputTokens,
  };
}

function limitsOf(settings: RunSettings, phase: string): Pick<CallSpec, "maxOutputTokens" | "temperature"> {
  return phaseLimits(settings, { phase, maxOutputTokens: phase === "critique" ? critiqueTokensMax : null });
}

function criticRounds(settings: RunSettings): number {
  return settings.refines ? settings.rounds : 1;
}

function next(run: RunView): RunStep {
  const { settings } = run;
  const plan = readPlan(run, planId);
  if ("step" in plan) return plan.step;
  if (settings.planOnly) return finish(run, { callId: planId, reason: "adversarial-plan-only" });
  let latest = plan.answer;
  let latestId = planId;
  for (let round = 1; round <= criticRounds(settings); round += 1) {
    const critique = readAnswer(run, critiqueId(round));
    if (critique.kind === "pending")
      return { kind: "calls", calls: [critiqueCall(settings, { round, latestId, latest })] };
    if (critique.kind === "failed")
      return {
        kind: "fail",
        callId: critiqueId(round),
        failure: critique.failure,
        artefacts: artefacts(run),
      };
    if (settings.stopsWhenAccepted && readCritique(critique.kind === "text" ? critique.text : "").accepted)
      return finish(run, { callId: latestId, decision: { accepted_round: round } });
    if (!settings.refines) break;
    const refined = readPlan(run, refineId(round), () =>
      refineCall(settings, { round, latestId, firstModelId: plan.answer.modelId }),
    );
    if ("step" in refined) return refined.step;
    latest = refined.answer;
    latestId = refineId(round);
  }
  return finish(run, { callId: latestId });
}

/** The answer of a planner's call, or the step that follows from its not being a text. */
function readPlan(
  run: RunView,
  callId: string,
  draft: () => CallSpec = () => planCall(run.settings),
): { readonly answer: Answered } | { readonly step: RunStep } {
  const reading = readAnswer(run, callId);
  switch (reading.kind) {
    case "pending":
      return { step: { kind: "calls", calls: [draft()] } };
    case "failed":
      return { step: { kind: "fail", callId, failure: reading.failure, artefacts: artefacts(run) } };
    case "empty":
      return { step: { kind: "fail", callId, failure: emptyAnswer("planner"), artefacts: artefacts(run) } };
    case "tools":
      return { step: finish(run, { callId, reason: "adversarial-tool-calls" }) };
    case "text":
      return { answer: reading.answer };
  }
}

function planCall(settings: RunSettings): CallSpec {
  return draftCall({
    callId: planId,
    role: "planner",
    system: "plan.system",
    // A critic that was named is not to plan as well, where there is a choice.
    model: {
      ...settings.primary,
      avoidModelIds: settings.review.modelId === null ? [] : [settings.review.modelId],
    },
    routingMode: "planning",
    ...limitsOf(settings, "plan"),
  });
}

function critiqueCall(
  settings: RunSettings,
  { round, latestId, latest }: { round: number; latestId: string; latest: Answered },
): CallSpec {
  return draftCall({
    callId: critiqueId(round),
    role: "critic",
    system: "critique.system",
    ask: { template: "critique.ask", values: { plan: { answerOf: latestId } } },
    carriesTools: false,
    carriesParameters: false,
    model: { ...settings.review, avoidModelIds: [latest.modelId], avoidProviderIds: [latest.providerId] },
    routingMode: "adversarial",
    ...limitsOf(settings, "critique"),
  });
}

function refineCall(
  settings: RunSettings,
  { round, latestId, firstModelId }: { round: number; latestId: string; firstModelId: string },
): CallSpec {
  return draftCall({
    callId: refineId(round),
    role: "planner",
    system: "refine.system",
    ask: {
      template: "refine.ask",
      values: { plan: { answerOf: latestId }, critique: { answerOf: critiqueId(round) } },
    },
    model: sameModel(settings.primary, firstModelId),
    routingMode: "planning",
    ...limitsOf(settings, "refine"),
  });
}

function finish(
  run: RunView,
  {
    callId,
    reason = "adversarial-orchestration",
    decision,
  }: { callId: string; reason?: string; decision?: Artefacts },
): RunStep {
  return {
    kind: "finish",
    callId,
    reason,
    artefacts: artefacts(run),
    ...(decision === undefined ? {} : { decision }),
  };
}

/** `critique` is the latest one; `critiques` and `refinements` have one entry for each round that came so far. */
function artefacts(run: RunView): Artefacts {
  const initialPlan = textOf(run, planId);
  if (initialPlan === null) return {};
  if (run.settings.planOnly) return { initial_plan: initialPlan };
  const { critiques, refinements, acceptedRound } = rounds(run);
  const critique = critiques.at(-1) ?? null;
  const refinedPlan = refinements.at(-1) ?? null;
  return {
    initial_plan: initialPlan,
    critique,
    critiques,
    refined_plan: refinedPlan,
    refinements,
    accepted_round: acceptedRound,
    planner_sections: { ...readPlannerSections(refinedPlan ?? initialPlan) },
    critique_sections: critique === null ? null : sectionsOf(critique),
  };
}

function rounds(run: RunView): { critiques: string[]; refinements: string[]; acceptedRound: number | null } {
  const critiques: string[] = [];
  const refinements: string[] = [];
  for (let round = 1; round <= criticRounds(run.settings); round += 1) {
    const critique = textOf(run, critiqueId(round));
    if (critique === null) break;
    critiques.push(critique);
    if (run.settings.stopsWhenAccepted && readCritique(critique).accepted)
      return { critiques, refinements, acceptedRound: round };
    const refined = textOf(run, refineId(round));
    if (refined !== null) refinements.push(refined);
  }
  return { critiques, refinements, acceptedRound: null };
}

function sectionsOf(critique: string): Artefacts | null {
  const { sections } = readCritique(critique);
  return sections === null ? null : { ...sections };
}

function textOf(run: RunView, callId: string): string | null {
  const outcome = run.answers.get(callId);
  return outcome?.kind === "answered" ? outcome.text : null;
}
