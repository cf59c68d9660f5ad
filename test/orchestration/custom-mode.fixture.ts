import { anyModel, draftCall, type RunMode } from "@tokenhub/orchestration";

/** The least that a mode has to be: a draft, and a second call that polishes it. */
export const mode: RunMode = {
  name: "two-step",
  version: 1,
  description: "A draft and its polish.",
  phases: [
    { name: "draft", role: "writer", description: "Answers the request." },
    { name: "polish", role: "writer", description: "Rewrites the draft." },
  ],
  templates: { "polish.ask": "Polish this: {{draft}}" },
  normalise: (settings) => ({ kind: "ok", settings }),
  worstCase: () =>
    ["draft", "polish"].map((phase) => ({
      callId: `${phase}.1`,
      phase,
      role: "writer",
      reads: phase === "draft" ? [] : ["draft.1"],
      templates: phase === "draft" ? [] : ["polish.ask"],
      maxOutputTokens: null,
    })),
  next({ answers }) {
    const draft = answers.get("draft.1");
    if (draft === undefined)
      return {
        kind: "calls",
        calls: [draftCall({ callId: "draft.1", role: "writer", model: anyModel })],
      };
    if (draft.kind === "failed")
      return { kind: "fail", callId: "draft.1", failure: draft.failure, artefacts: {} };
    if (answers.get("polish.1") !== undefined)
      return { kind: "finish", callId: "polish.1", reason: "two-step-orchestration", artefacts: {} };
    const ask = { template: "polish.ask", values: { draft: { answerOf: "draft.1" } } };
    return {
      kind: "calls",
      calls: [draftCall({ callId: "polish.1", role: "writer", model: anyModel, ask })],
    };
  },
};
