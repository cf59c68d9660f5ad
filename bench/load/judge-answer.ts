import { answerTokens } from "../scenarios.ts";
import type { Question } from "./question.ts";

/** The fields of a chat completion, whole or chunk, that are looked at. */
interface Completion {
  readonly choices?: readonly {
    readonly message?: { readonly content?: string | null };
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: { readonly completion_tokens?: number } | null;
}

/** Why a whole answer is not the right one; null when it is. */
export function judgeChatAnswer(text: string, question: Question): string | null {
  const completion = parseCompletion(text);
  if (completion === null) return "the answer is not JSON";
  if (completion.choices?.[0]?.message?.content !== question.expectedText)
    return "the answer has another text";
  return judgeUsage(completion);
}

export interface StreamJudgement {
  readonly problem: string | null;
  readonly textEvents: number;
}

/** Why a stream is not the right answer, and how many of its events carried text. */
export function judgeStreamAnswer(events: readonly string[], question: Question): StreamJudgement {
  let text = "";
  let textEvents = 0;
  let finishReason: string | null = null;
  let usage: Completion["usage"] = null;
  for (const data of events.slice(0, -1)) {
    const chunk = parseCompletion(data);
    if (chunk === null) return { problem: "an event is not JSON", textEvents };
    const piece = chunk.choices?.[0]?.delta?.content ?? "";
    if (piece !== "") textEvents += 1;
    text += piece;
    finishReason = chunk.choices?.[0]?.finish_reason ?? finishReason;
    usage = chunk.usage ?? usage;
  }
  const problem =
    judgeEnd({ text, finishReason, lastEvent: events.at(-1), question }) ?? judgeUsage({ usage });
  return { problem, textEvents };
}

/** Whether an event of a stream carries text. */
export function hasText(data: string): boolean {
  return (parseCompletion(data)?.choices?.[0]?.delta?.content ?? "") !== "";
}

interface StreamEnd {
  readonly text: string;
  readonly finishReason: string | null;
  readonly lastEvent: string | undefined;
  readonly question: Question;
}

function judgeEnd({ text, finishReason, lastEvent, question }: StreamEnd): string | null {
  if (lastEvent !== "[DONE]") return "the stream has no [DONE] at its end";
  if (text !== question.expectedText) return "the stream has another text";
  return finishReason === "stop" ? null : "the stream has no finish reason";
}

function judgeUsage({ usage }: Completion): string | null {
  return usage?.completion_tokens === answerTokens
    ? null
    : `the usage is not ${answerTokens} completion tokens`;
}

function parseCompletion(text: string): Completion | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : null;
  } catch {
    // Text that is no JSON is a wrong answer, which the caller counts.
    return null;
  }
}
