import type { AnsweredToolCall } from "./answer.ts";
import type { Question } from "./question.ts";
import type { Plan, PlannedToolCall } from "../plans/plan.ts";
import { isJsonObject } from "../json-value.ts";
import { exampleOfSchema } from "./example-of-schema.ts";

const fragmentLength = 16;

/**
 * The tools the answer calls. Only on the user's turn and when tools are offered: those of the plan, or else the one that
 * `tool_choice` asks for (`required`: the first one), with the plan's arguments or arguments made from the tool's schema.
 */
export function chooseToolCalls(
  question: Question,
  { plan, idPrefix }: { readonly plan: Plan; readonly idPrefix: string },
): readonly AnsweredToolCall[] {
  if (question.tools.length === 0 || !question.isUsersTurn || question.toolChoice.kind === "none") return [];
  return wantedCalls(question, plan).map((wanted, index) => {
    const given = wanted.arguments ?? argumentsFor(question, wanted.name);
    const argumentsText = JSON.stringify(given);
    return {
      key: `${idPrefix}_${index}`,
      name: wanted.name,
      arguments: given,
      argumentsText,
      fragments: cutIntoFragments(argumentsText),
    };
  });
}

function wantedCalls(question: Question, plan: Plan): readonly PlannedToolCall[] {
  const planned = (plan.toolCalls ?? []).map((call) => (typeof call === "string" ? { name: call } : call));
  const choice = question.toolChoice;
  if (choice.kind === "named") {
    const fitting = planned.filter((call) => call.name === choice.name);
    return fitting.length > 0 ? fitting : [{ name: choice.name }];
  }
  if (planned.length > 0 || choice.kind !== "required") return planned;
  return question.tools.slice(0, 1).map((tool) => ({ name: tool.name }));
}

function argumentsFor(question: Question, name: string): Readonly<Record<string, unknown>> {
  const example = exampleOfSchema(question.tools.find((tool) => tool.name === name)?.schema);
  return isJsonObject(example) ? example : {};
}

function cutIntoFragments(text: string): readonly string[] {
  const fragments: string[] = [];
  for (let start = 0; start < text.length; start += fragmentLength) {
    fragments.push(text.slice(start, start + fragmentLength));
  }
  return fragments;
}
