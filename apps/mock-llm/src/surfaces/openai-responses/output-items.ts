import type { Answer, AnsweredToolCall } from "../../answer/answer.ts";

export type OutputItem =
  | { readonly kind: "reasoning"; readonly id: string; readonly text: string }
  | { readonly kind: "message"; readonly id: string; readonly text: string }
  | { readonly kind: "call"; readonly id: string; readonly call: AnsweredToolCall };

/** The output items of an answer, in the order in which they appear. */
export function outputItems(answer: Answer, { key }: { readonly key: string }): readonly OutputItem[] {
  const items: OutputItem[] = [];
  if (answer.reasoning !== null) items.push({ kind: "reasoning", id: `rs_${key}`, text: answer.reasoning });
  if (answer.text !== null) items.push({ kind: "message", id: `msg_${key}`, text: answer.text });
  for (const call of answer.toolCalls) items.push({ kind: "call", id: `fc_${call.key}`, call });
  return items;
}

/** An item as it stands when it is complete. */
export function completedItem(
  item: OutputItem,
  { isIncomplete }: { readonly isIncomplete: boolean },
): unknown {
  switch (item.kind) {
    case "reasoning":
      return { id: item.id, type: "reasoning", summary: [{ type: "summary_text", text: item.text }] };
    case "message": {
      const content = [{ type: "output_text", text: item.text, annotations: [], logprobs: [] }];
      const status = isIncomplete ? "incomplete" : "completed";
      return { id: item.id, type: "message", status, role: "assistant", content };
    }
    case "call":
      return functionCall(item, { status: "completed", argumentsText: item.call.argumentsText });
  }
}

/** An item as it stands when its stream begins. */
export function startedItem(item: OutputItem): unknown {
  switch (item.kind) {
    case "reasoning":
      return { id: item.id, type: "reasoning", summary: [] };
    case "message":
      return { id: item.id, type: "message", status: "in_progress", role: "assistant", content: [] };
    case "call":
      return functionCall(item, { status: "in_progress", argumentsText: "" });
  }
}

function functionCall(
  { id, call }: { readonly id: string; readonly call: AnsweredToolCall },
  { status, argumentsText }: { readonly status: string; readonly argumentsText: string },
): unknown {
  const fields = { call_id: `call_${call.key}`, name: call.name, arguments: argumentsText };
  return { id, type: "function_call", status, ...fields };
}
