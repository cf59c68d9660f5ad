import type { WireFormatName } from "@tokenhub/contracts";
import { scanJsonObject, type JsonMember } from "./json-scanner.ts";
import { spliceMembers } from "./splice-top-level.ts";

/**
 * Replaces the model name a provider reports by the id the client asked for; every other byte stays. `text` is an answer's
 * body or the data of one stream event. The name is the top-level `model`, in Anthropic's `message_start` event
 * `message.model`. Text without a model name, or that is no JSON object (`[DONE]`), comes back as it is.
 */
export function mapResponseModel(format: WireFormatName, text: string, model: string): string {
  const members = scanJsonObject(text);
  if (members === null) return text;
  if (format === "anthropic-messages" && valueOf(text, { members, key: "type" }) === '"message_start"') {
    const message = valueOf(text, { members, key: "message" });
    if (message === null) return text;
    const mapped = replaceModel(message, { members: scanJsonObject(message), model });
    return mapped === message ? text : spliceMembers(text, { members, changes: { message: mapped } });
  }
  return replaceModel(text, { members, model });
}

function replaceModel(
  text: string,
  input: { readonly members: readonly JsonMember[] | null; readonly model: string },
): string {
  const { members } = input;
  if (members === null) return text;
  const replacement = JSON.stringify(input.model);
  const current = valueOf(text, { members, key: "model" });
  if (current === null || current === replacement) return text;
  return spliceMembers(text, { members, changes: { model: replacement } });
}

/** Raw text of the last member of that name, the one `JSON.parse` would keep. */
function valueOf(
  text: string,
  input: { readonly members: readonly JsonMember[]; readonly key: string },
): string | null {
  const member = input.members.findLast((candidate) => candidate.key === input.key);
  return member === undefined ? null : text.slice(member.valueStart, member.end);
}
