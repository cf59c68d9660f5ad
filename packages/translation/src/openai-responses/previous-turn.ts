import { jsonText, type JsonObject } from "../json-value.ts";
import { scanJsonObject } from "../json-scanner.ts";
import { TokenHubError } from "@tokenhub/contracts";
import { spliceMembers } from "../splice-top-level.ts";

/**
 * A request's body with the items of earlier turns before its own input; every other byte stays, `previous_response_id`
 * included, which the answer repeats and no provider is given.
 * @param turn.items inputs and outputs of the earlier turns in order, as they were kept
 * @throws TokenHubError invalid_json when the text is no JSON object
 */
export function withPreviousTurn(bodyText: string, turn: { readonly items: readonly JsonObject[] }): string {
  const members = scanJsonObject(bodyText);
  if (members === null) throw new TokenHubError("invalid_json", "The body must be a JSON object.");
  if (turn.items.length === 0) return bodyText;
  const own = members.findLast(({ key }) => key === "input");
  const input = own === undefined ? "[]" : bodyText.slice(own.valueStart, own.end);
  const earlier = turn.items.map((item) => jsonText(item)).join(",");
  return spliceMembers(bodyText, { members, changes: { input: joined(earlier, input) } });
}

/** A text input is one message of the user; a list loses its bracket. */
function joined(earlier: string, input: string): string {
  if (!input.startsWith("[")) return `[${earlier},{"type":"message","role":"user","content":${input}}]`;
  const rest = input.slice(1).trimStart();
  return rest.startsWith("]") ? `[${earlier}]` : `[${earlier},${rest}`;
}
