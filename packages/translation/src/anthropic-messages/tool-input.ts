import { isJsonObject, jsonText, parseJson, type JsonObject } from "../json-value.ts";

/** Holds arguments that are no JSON object, because Anthropic takes nothing else; {@link formatToolArguments} unwraps it. */
const rawArgumentsMember = "_tokenhub_raw_arguments";

/** Argument text as an Anthropic `input`. No text is no arguments; text that is no JSON object is wrapped, never lost. */
export function parseToolInput(text: string): { readonly input: JsonObject; readonly isWrapped: boolean } {
  if (text.trim() === "") return { input: {}, isWrapped: false };
  const value = parseJson(text);
  if (isJsonObject(value)) return { input: value, isWrapped: false };
  return { input: { [rawArgumentsMember]: text }, isWrapped: true };
}

/** An Anthropic `input` as argument text. */
export function formatToolArguments(input: unknown): string {
  if (isJsonObject(input)) {
    const raw = input[rawArgumentsMember];
    if (typeof raw === "string" && Object.keys(input).length === 1) return raw;
  }
  return jsonText(input ?? {});
}
