import { TokenHubError } from "@tokenhub/contracts";
import { isNestedDeeper } from "./json-depth.ts";

/** Far beyond any schema or conversation; far below where code that follows the nesting runs out of stack, here or at a provider. */
const maxDepth = 200;

/** Parses a request body. @throws TokenHubError `invalid_json` when it is not a JSON object, with the position of the fault. */
export function parseJsonObject(text: string): Record<string, unknown> {
  if (isNestedDeeper(text, maxDepth))
    throw new TokenHubError(
      "invalid_json",
      `The request body is nested more than ${maxDepth} levels deep. Flatten it.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TokenHubError("invalid_json", `The request body is not valid JSON${faultPosition(error)}.`, {
      cause: error,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TokenHubError("invalid_json", "The request body must be a JSON object.");
  }
  return value as Record<string, unknown>;
}

/** The position only: the engine's own message quotes the text around it, which may be part of a prompt. */
function faultPosition(error: unknown): string {
  const match =
    error instanceof Error ? /at position (\d+)(?: \(line (\d+) column (\d+)\))?/.exec(error.message) : null;
  if (match === null) return ": it ends too early or is empty";
  return match[2] === undefined ? ` (position ${match[1]})` : ` (line ${match[2]}, column ${match[3]})`;
}
