import { readAnswer } from "./answers/read-answer.ts";
import { draftCall } from "./draft-call.ts";
import type { RunMode } from "./run-mode.ts";

/** A mode as an operator would write one: two sides speak at once, then a third model concludes. */
export const debateMode: RunMode = {
  name: "debate",
  version: 1,
  description: "Two models argue, a third one concludes.",
  phases: [
    { name: "speech", role: "speaker", description: "Argues for one side." },
    { name: "conclusion", role: "judge", description: "Weighs both." },
  ],
  templates: { side: "Argue {{side}}.", conclude: "For: {{for}}\nAgainst: {{against}}\nConclude." },
  normalise: (settings) => ({ kind: "ok", settings }),
  worstCase: () => [
    ...["speech.1", "speech.2"].map((callId) => ({
      callId,
      phase: "speech",
      role: "speaker",
      reads: [],
      templates: ["side"],
      maxOutputTokens: null,
    })),
    {
      callId: "conclusion.1",
      phase: "conclusion",
      role: "judge",
      reads: ["speech.1", "speech.2"],
      templates: ["conclude"],
      maxOutputTokens: null,
    },
  ],
  next(run) {
    const speeches = ["speech.1", "speech.2"].map((callId) => ({ callId, reading: readAnswer(run, callId) }));
    for (const { callId, reading } of speeches)
      if (reading.kind === "failed") return { kind: "fail", callId, failure: reading.failure, artefacts: {} };
    if (speeches.some(({ reading }) => reading.kind === "pending"))
      return {
        kind: "calls",
        calls: ["for", "against"].map((side, index) =>
          draftCall({
            callId: `speech.${index + 1}`,
            role: "speaker",
            model: { ...run.settings.primary, rank: index },
            ask: { template: "side", values: { side: { text: side } } },
          }),
        ),
      };
    const conclusion = readAnswer(run, "conclusion.1");
    if (conclusion.kind === "failed")
      return { kind: "fail", callId: "conclusion.1", failure: conclusion.failure, artefacts: {} };
    if (conclusion.kind !== "pending")
      return { kind: "finish", callId: "conclusion.1", reason: "debate", artefacts: { speeches: 2 } };
    return {
      kind: "calls",
      calls: [
        draftCall({
          callId: "conclusion.1",
          role: "judge",
          model: run.settings.review,
          ask: {
            template: "conclude",
            values: { for: { answerOf: "speech.1" }, against: { answerOf: "speech.2" } },
          },
        }),
      ],
    };
  },
};
