import type { FaultStep } from "../plans/step.ts";
import type { Plan } from "../plans/plan.ts";
import type { Answer, AnswerUsage } from "./answer.ts";
import { chooseToolCalls } from "./choose-tool-calls.ts";
import { exampleOfSchema } from "./example-of-schema.ts";
import type { Question } from "./question.ts";
import { countWords, fitToWords, textOfBytes } from "./words.ts";

export interface AnswerCircumstances {
  readonly plan: Plan;
  /** The fault of this call; only `huge` and `endless_stream` change the answer itself. */
  readonly fault: FaultStep | null;
  /** Unique for this call; tool call ids start with it. */
  readonly idPrefix: string;
}

/**
 * The answer to a question: the same question under the same plan gets the same answer, ids apart.
 *
 * Usage: input = floor(prompt bytes / 4); output = choices * (words + fragments of tool arguments) + words of reasoning.
 */
export function buildAnswer(question: Question, { plan, fault, idPrefix }: AnswerCircumstances): Answer {
  const isForcedText = fault?.kind === "endless_stream" || fault?.kind === "huge";
  const toolCalls = isForcedText ? [] : chooseToolCalls(question, { plan, idPrefix });
  const hasCalls = toolCalls.length > 0;
  const full = hasCalls ? (plan.text ?? null) : textFor(question, { plan, fault });
  const words = full === null ? 0 : countWords(full);
  const isCut = question.maxTokens !== null && words > question.maxTokens;
  const text = isCut && full !== null ? fitToWords(full, question.maxTokens ?? words) : full;
  const textTokens = isCut ? (question.maxTokens ?? words) : words;
  const callTokens = toolCalls.reduce((sum, call) => sum + call.fragments.length, 0);
  const reasoning = reasoningFor(question, plan);
  const reasoningTokens = reasoning === null ? 0 : countWords(reasoning);
  const outputTokens = question.choices * (textTokens + callTokens) + reasoningTokens;
  return {
    reasoning,
    text,
    isEndless: fault?.kind === "endless_stream",
    toolCalls,
    finishReason: plan.finishReason ?? (isCut ? "length" : hasCalls ? "tool_calls" : "stop"),
    usage: usageFor(plan, { promptBytes: question.promptBytes, outputTokens, reasoningTokens }),
    outputTokens,
  };
}

function textFor(
  question: Question,
  { plan, fault }: { readonly plan: Plan; readonly fault: FaultStep | null },
): string {
  if (fault?.kind === "huge") return textOfBytes(fault.bytes);
  const text = plan.text ?? defaultText(question);
  return plan.tokens === undefined ? text : fitToWords(text, plan.tokens);
}

const echoedCharacters = 200;

function defaultText(question: Question): string {
  const echo = `Mock answer from ${question.model}: ${question.lastUserText.slice(0, echoedCharacters)}`;
  switch (question.format.kind) {
    case "text":
      return echo;
    case "json":
      return JSON.stringify({ answer: echo }, null, 1);
    case "schema":
      return JSON.stringify(exampleOfSchema(question.format.schema), null, 1);
  }
}

function reasoningFor(question: Question, plan: Plan): string | null {
  if (typeof plan.reasoning === "string") return plan.reasoning;
  return plan.reasoning === true || question.wantsReasoning ? "Let me think about this first." : null;
}

interface Counts {
  readonly promptBytes: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

function usageFor(plan: Plan, counts: Counts): AnswerUsage | null {
  if (plan.usage === null) return null;
  const planned = plan.usage ?? {};
  return {
    inputTokens: planned.inputTokens ?? Math.floor(counts.promptBytes / 4),
    outputTokens: planned.outputTokens ?? counts.outputTokens,
    cacheReadTokens: planned.cacheReadTokens ?? 0,
    cacheWriteTokens: planned.cacheWriteTokens ?? 0,
    reasoningTokens: planned.reasoningTokens ?? counts.reasoningTokens,
  };
}
