import { scanJsonObject, type JsonMember } from "../json-scanner.ts";
import type { JsonObject } from "../json-value.ts";
import { createdSeconds } from "../openai-chat/build-response.ts";
import { spliceMembers } from "../splice-top-level.ts";
import type { ResponseContext } from "../wire-format.ts";
import { responseId } from "./response-id.ts";

/**
 * Makes a provider's Response ours: its id, time and model, and what it says about how it is kept, which is our business
 * and not the provider's. Every other byte stays. `text` is a whole response, or the data of a stream event that may carry
 * one; text that is neither comes back as it is.
 */
export function adoptResponse(text: string, context: ResponseContext): string {
  const members = scanJsonObject(text);
  if (members === null) return text;
  if (valueOf(text, { members, key: "object" }) === '"response"') return adopt(text, { members, context });
  const response = valueOf(text, { members, key: "response" });
  const inner = response === null ? null : scanJsonObject(response);
  if (response === null || inner === null) return text;
  const adopted = adopt(response, { members: inner, context });
  return spliceMembers(text, { members, changes: { response: adopted } });
}

function adopt(
  text: string,
  { members, context }: { readonly members: readonly JsonMember[]; readonly context: ResponseContext },
): string {
  const changes = {
    id: JSON.stringify(responseId(context)),
    created_at: String(createdSeconds(context)),
    model: JSON.stringify(context.model),
    ...(context.requestBody === undefined ? {} : keepingChanges(context.requestBody)),
  };
  return spliceMembers(text, { members, changes });
}

/** What the provider was not told, or told otherwise. */
function keepingChanges(request: JsonObject): Record<string, string> {
  return {
    background: JSON.stringify(request["background"] ?? false),
    previous_response_id: JSON.stringify(request["previous_response_id"] ?? null),
    store: JSON.stringify(request["store"] ?? true),
  };
}

/** Raw text of the last member of that name, the one `JSON.parse` would keep. */
function valueOf(
  text: string,
  { members, key }: { readonly members: readonly JsonMember[]; readonly key: string },
): string | null {
  const member = members.findLast((candidate) => candidate.key === key);
  return member === undefined ? null : text.slice(member.valueStart, member.end);
}
