export type { Advance, AdvanceQuestion, RunCause } from "./advance-question.ts";
export { advanceRun } from "./advance-run.ts";
export { readCritique } from "./answers/critique.ts";
export type { Critique, CritiqueSections } from "./answers/critique.ts";
export { readJudgeVerdict } from "./answers/judge-verdict.ts";
export type { JudgeVerdict } from "./answers/judge-verdict.ts";
export { readPlannerSections } from "./answers/planner-sections.ts";
export type { PlannerSections } from "./answers/planner-sections.ts";
export { emptyAnswer, readAnswer } from "./answers/read-answer.ts";
export type { Answered, AnswerReading } from "./answers/read-answer.ts";
export { anyModel, defaultSettings } from "./default-settings.ts";
export { draftCall, phaseOf } from "./draft-call.ts";
export type { CallDraft } from "./draft-call.ts";
export { fillTemplate, placeholdersOf } from "./fill-template.ts";
export { knownCostUsd } from "./known-cost.ts";
export { builtInModes, collectModes, modeRegistry } from "./mode-registry.ts";
export type { ModeRegistry } from "./mode-registry.ts";
export { adversarialMode } from "./modes/adversarial.ts";
export { planningMode } from "./modes/planning.ts";
export { refineMode } from "./modes/refine.ts";
export { voteMode } from "./modes/vote.ts";
export { renderCall } from "./render-call.ts";
export type { RenderedCall } from "./render-call.ts";
export { reportOf } from "./report-of.ts";
export { resolveTemplates } from "./resolve-templates.ts";
export type { TemplateResolution } from "./resolve-templates.ts";
export { iterationsMax } from "./round-count.ts";
export { runFailure } from "./run-failure.ts";
export type {
  Artefacts,
  JsonValue,
  NormalisedSettings,
  PhaseDescription,
  PlannedCall,
  RunMode,
  RunStep,
  RunView,
} from "./run-mode.ts";
export { runPhaseReportSchema, runReportSchema } from "./run-report.ts";
export type { RunPhaseReport, RunReport } from "./run-report.ts";
export { newRunState, outstandingCalls, statusOf } from "./run-state.ts";
export type { RunStatus } from "./run-state.ts";
export { allCalls, totalsOf, usageOfCall } from "./run-totals.ts";
export type { RunTotals } from "./run-totals.ts";
export { validateCustomMode } from "./validate-custom-mode.ts";
export { worstCaseCost } from "./worst-case-cost.ts";
export type { WorstCaseQuestion } from "./worst-case-cost.ts";
