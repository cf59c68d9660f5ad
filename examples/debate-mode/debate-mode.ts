import type { CallSpec, RunSettings } from "@tokenhub/contracts";
import type { PlannedCall, RunMode, RunStep, RunView } from "@tokenhub/orchestration";

/**
 * Two models argue for and against, answer each other for some rounds, and a third one decides. Only types are imported, so
 * this file runs from any folder.
 *
 *     opening.1   for       opening.2   against     side by side
 *     rebuttal.1  for       rebuttal.2  against     side by side, each answers the other's latest argument; 3 and 4, ...
 *     verdict.1   the judge: the final answer
 */
export const mode: RunMode = {
  name: "debate",
  version: 1,
  description: "Two models argue for and against, a third one decides.",
  phases: [
    { name: "opening", role: "debater", description: "Argues for one side." },
    { name: "rebuttal", role: "debater", description: "Answers the other side." },
    { name: "verdict", role: "judge", description: "Weighs both sides and answers the request." },
  ],
  templates: {
    "opening.ask":
      "Argue {{side}} what is asked above, as strongly as you honestly can. At most ten sentences.",
    "rebuttal.ask":
      "You argue {{side}}. The other side says:\n\n{{other}}\n\nAnswer its strongest points and strengthen your own case:\n\n{{own}}",
    "verdict.ask":
      "Two debaters have argued.\n\nFor:\n\n{{for}}\n\nAgainst:\n\n{{against}}\n\nWeigh what they say and answer the request. Name the argument that decided.",
  },
  normalise(settings) {
    const rounds = settings.rounds === 0 ? 1 : settings.rounds;
    return rounds > maxRounds
      ? { kind: "invalid", param: "iterations", message: `A debate has at most ${maxRounds} rounds.` }
      : { kind: "ok", settings: { ...settings, rounds, voters: 0 } };
  },
  worstCase,
  next,
  artefacts,
};

const maxRounds = 3;
const sides = ["for", "against"] as const;
type Side = (typeof sides)[number];

/** The id of what a side says in a round; 0 is its opening. */
function turnOf(side: Side, round: number): string {
  const place = sides.indexOf(side) + 1;
  return round === 0 ? `opening.${place}` : `rebuttal.${(round - 1) * sides.length + place}`;
}

/** Every call that a debate can make: what it may cost is worked out from this list before the first one. */
function worstCase({ rounds }: RunSettings): PlannedCall[] {
  const planned: PlannedCall[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of sides)
      planned.push({
        callId: turnOf(side, round),
        phase: round === 0 ? "opening" : "rebuttal",
        role: "debater",
        reads: round === 0 ? [] : sides.map((each) => turnOf(each, round - 1)),
        templates: [round === 0 ? "opening.ask" : "rebuttal.ask"],
        maxOutputTokens: null,
      });
  }
  return [
    ...planned,
    {
      callId: "verdict.1",
      phase: "verdict",
      role: "judge",
      reads: sides.map((side) => turnOf(side, rounds)),
      templates: ["verdict.ask"],
      maxOutputTokens: null,
    },
  ];
}

/** What follows from the answers there are: all calls that should have been begun by now, or the end. */
function next(run: RunView): RunStep {
  const { rounds } = run.settings;
  for (let round = 0; round <= rounds; round += 1) {
    const turns = sides.map((side) => turnOf(side, round));
    for (const callId of turns) {
      const outcome = run.answers.get(callId);
      // Without an opening a side has no case; whoever fails to reply stands by what it has said.
      if (outcome?.kind === "failed" && round === 0)
        return { kind: "fail", callId, failure: outcome.failure, artefacts: artefacts(run) };
    }
    if (turns.some((callId) => run.answers.get(callId) === undefined))
      return { kind: "calls", calls: sides.map((side) => turnCall(run, { side, round })) };
  }
  const verdict = run.answers.get("verdict.1");
  if (verdict === undefined) return { kind: "calls", calls: [verdictCall(run)] };
  if (verdict.kind === "failed")
    return { kind: "fail", callId: "verdict.1", failure: verdict.failure, artefacts: artefacts(run) };
  return {
    kind: "finish",
    callId: "verdict.1",
    reason: "debate-orchestration",
    artefacts: artefacts(run),
    decision: { judge: verdict.modelId },
  };
}

function turnCall(run: RunView, { side, round }: { readonly side: Side; readonly round: number }): CallSpec {
  const { primary } = run.settings;
  const text = side === "for" ? "in favour of" : "against";
  const other = side === "for" ? "against" : "for";
  return {
    ...usual,
    callId: turnOf(side, round),
    phase: round === 0 ? "opening" : "rebuttal",
    role: "debater",
    ask:
      round === 0
        ? { template: "opening.ask", values: { side: { text } } }
        : {
            template: "rebuttal.ask",
            values: {
              side: { text },
              own: { answerOf: latestTurn(run, { side, before: round }) },
              other: { answerOf: latestTurn(run, { side: other, before: round }) },
            },
          },
    // The second side takes the next model that differs, unless one is named.
    model: { ...primary, avoidModelIds: [], avoidProviderIds: [], rank: sides.indexOf(side) },
  };
}

function verdictCall(run: RunView): CallSpec {
  const { review, rounds } = run.settings;
  const closing = (side: Side) => ({ answerOf: latestTurn(run, { side, before: rounds + 1 }) });
  const debaters = sides.flatMap((side) => {
    const opening = run.answers.get(turnOf(side, 0));
    return opening?.kind === "answered" ? [opening.modelId] : [];
  });
  return {
    ...usual,
    callId: "verdict.1",
    phase: "verdict",
    role: "judge",
    ask: { template: "verdict.ask", values: { for: closing("for"), against: closing("against") } },
    model: { ...review, avoidModelIds: debaters, avoidProviderIds: [], rank: 0 },
    routingMode: "high_confidence",
  };
}

/** The id of the last thing a side has said before a round. */
function latestTurn(
  run: RunView,
  { side, before }: { readonly side: Side; readonly before: number },
): string {
  for (let round = before - 1; round > 0; round -= 1) {
    if (run.answers.get(turnOf(side, round))?.kind === "answered") return turnOf(side, round);
  }
  return turnOf(side, 0);
}

const usual = {
  system: null,
  carriesTools: false,
  carriesParameters: true,
  routingMode: "normal",
  maxOutputTokens: null,
  temperature: null,
} as const;

/** What both sides have said, in the order of the rounds. */
function artefacts(run: RunView): Record<string, string[]> {
  const saidBy = (side: Side): string[] =>
    Array.from({ length: run.settings.rounds + 1 }, (_, round) => turnOf(side, round)).flatMap((callId) => {
      const outcome = run.answers.get(callId);
      return outcome?.kind === "answered" ? [outcome.text] : [];
    });
  return { for: saidBy("for"), against: saidBy("against") };
}
