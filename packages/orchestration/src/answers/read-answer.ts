import type { CallFailure, CallOutcome } from "@tokenhub/contracts";
import { runFailure } from "../run-failure.ts";
import type { RunView } from "../run-mode.ts";

export type Answered = Extract<CallOutcome, { kind: "answered" }>;

export type AnswerReading =
  | { readonly kind: "pending" }
  | { readonly kind: "failed"; readonly failure: CallFailure }
  /** The model wants tools run, which only the caller can. */
  | { readonly kind: "tools"; readonly answer: Answered }
  /** Nothing but blanks. */
  | { readonly kind: "empty"; readonly answer: Answered }
  | { readonly kind: "text"; readonly text: string; readonly answer: Answered };

/** What came of a call, as far as a mode has to tell cases apart. */
export function readAnswer(run: Pick<RunView, "answers">, callId: string): AnswerReading {
  const outcome = run.answers.get(callId);
  if (outcome === undefined) return { kind: "pending" };
  if (outcome.kind === "failed") return { kind: "failed", failure: outcome.failure };
  if (outcome.toolCalls !== null && outcome.toolCalls.length > 0) return { kind: "tools", answer: outcome };
  if (outcome.text.trim() === "") return { kind: "empty", answer: outcome };
  return { kind: "text", text: outcome.text, answer: outcome };
}

/** The failure of a call that answered without saying anything. */
export function emptyAnswer(role: string): CallFailure {
  return runFailure("provider_bad_response", {
    class: "fatal",
    message: `The ${role}'s answer was empty.`,
  });
}
