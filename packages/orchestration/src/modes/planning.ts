import type { RunSettings } from "@tokenhub/contracts";
import { emptyAnswer, readAnswer } from "../answers/read-answer.ts";
import { readPlannerSections } from "../answers/planner-sections.ts";
import { draftCall } from "../draft-call.ts";
import { findOptionFault, phaseLimits } from "../phase-options.ts";
import { planningPrompts } from "../prompts/planning-prompts.ts";
import type { Artefacts, RunMode, RunStep, RunView } from "../run-mode.ts";

const planId = "plan.1";

/** One call, routed for planning, whose answer is read in sections. */
export const planningMode: RunMode = {
  name: "planning",
  version: 1,
  description: "One answer by a model chosen for planning, in the sections plan, assumptions and risks.",
  phases: [{ name: "plan", role: "planner", description: "Answers the request." }],
  templates: planningPrompts,
  normalise(settings) {
    const fault = findOptionFault(settings, ["plan"]);
    return fault ?? { kind: "ok", settings: { ...settings, rounds: 0, voters: 0 } };
  },
  worstCase: (settings) => [
    {
      callId: planId,
      phase: "plan",
      role: "planner",
      reads: [],
      templates: ["plan.system"],
      maxOutputTokens: phaseLimits(settings, { phase: "plan" }).maxOutputTokens,
    },
  ],
  next,
  artefacts,
};

function next(run: RunView): RunStep {
  const plan = readAnswer(run, planId);
  switch (plan.kind) {
    case "pending":
      return { kind: "calls", calls: [planCall(run.settings)] };
    case "failed":
      return { kind: "fail", callId: planId, failure: plan.failure, artefacts: {} };
    case "empty":
      return { kind: "fail", callId: planId, failure: emptyAnswer("planner"), artefacts: {} };
    case "tools":
    case "text":
      return {
        kind: "finish",
        callId: planId,
        reason: "planning-orchestration",
        artefacts: artefacts(run),
      };
  }
}

function planCall(settings: RunSettings): ReturnType<typeof draftCall> {
  return draftCall({
    callId: planId,
    role: "planner",
    system: "plan.system",
    model: settings.primary,
    routingMode: "planning",
    ...phaseLimits(settings, { phase: "plan" }),
  });
}

function artefacts(run: RunView): Artefacts {
  const plan = readAnswer(run, planId);
  return plan.kind === "text" ? { ...readPlannerSections(plan.text) } : {};
}
