import type { AnswerFormat, OfferedTool, ToolChoice } from "../answer/question.ts";
import { arrayOf, objectOf, stringOf } from "../json-value.ts";

/** Function tools, both as chat completions nest them (`function: {...}`) and as Responses lists them. */
export function readOpenAiTools(tools: unknown): readonly OfferedTool[] {
  return arrayOf(tools).flatMap((tool) => {
    const nested = objectOf(tool)["function"];
    const definition = objectOf(nested ?? tool);
    const name = stringOf(definition["name"]);
    return name === null ? [] : [{ name, schema: definition["parameters"] }];
  });
}

/** `tool_choice` of chat completions and Responses. */
export function readOpenAiToolChoice(choice: unknown): ToolChoice {
  if (choice === "none" || choice === "required") return { kind: choice };
  const named = objectOf(choice);
  const name = stringOf(objectOf(named["function"])["name"]) ?? stringOf(named["name"]);
  return name === null ? { kind: "auto" } : { kind: "named", name };
}

/** `response_format` of chat completions; with the schema directly inside, `text.format` of Responses. */
export function readOpenAiFormat(format: unknown): AnswerFormat {
  const { type, json_schema: nested, schema } = objectOf(format);
  if (type === "json_object") return { kind: "json" };
  if (type !== "json_schema") return { kind: "text" };
  return { kind: "schema", schema: schema ?? objectOf(nested)["schema"] };
}
