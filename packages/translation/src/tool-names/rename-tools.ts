import type { WireFormatName } from "@tokenhub/contracts";
import { jsonText, objectOf, parseJson } from "../json-value.ts";
import { spliceTopLevel } from "../splice-top-level.ts";
import { requestRenames, responseRenames, type Names, type Renames } from "./rename-members.ts";

export interface ToolRenaming {
  /** The format of the text. */
  readonly format: WireFormatName;
  /** A model's `toolNameMap`: tool names as the model knows them, to the names clients use. */
  readonly toolNameMap: Readonly<Record<string, string>>;
}

/**
 * A request with its clients' tool names replaced by the model's: definitions, choice, and the calls and results of the
 * history. Where several model names stand for one client name the first is taken. Only members that hold such a name are
 * written again; every other byte stays. Text that is no JSON object comes back as it is.
 * @throws TokenHubError invalid_request when a member to be written is nested too deeply
 */
export function renameToolsInRequest(bodyText: string, renaming: ToolRenaming): string {
  const names = new Map<string, string>();
  for (const [modelName, clientName] of Object.entries(renaming.toolNameMap)) {
    if (!names.has(clientName)) names.set(clientName, modelName);
  }
  return renameMembers(bodyText, { names, renames: requestRenames[renaming.format] });
}

/**
 * A whole answer with the model's tool names replaced by its clients'. Only members that hold such a name are written
 * again. Text that is no JSON object comes back as it is.
 */
export function renameToolsInResponse(bodyText: string, renaming: ToolRenaming): string {
  const names = new Map(Object.entries(renaming.toolNameMap));
  return renameMembers(bodyText, { names, renames: responseRenames[renaming.format] });
}

/** Whether the text can hold a tool's name at all: almost no stream event does. */
const toolWords =
  /"(?:tool_calls|function_call|tool_use|tools|custom_tool_call|response\.function_call_arguments\.done)"/;

/** The data of one stream event, as {@link renameToolsInResponse} a whole answer; for callers that hold single events. */
export function renameToolsInEvent(data: string, renaming: ToolRenaming): string {
  return toolWords.test(data) ? renameToolsInResponse(data, renaming) : data;
}

function renameMembers(
  text: string,
  { names, renames }: { readonly names: Names; readonly renames: Renames },
): string {
  const isUseless = names.size === 0 || Object.keys(renames).length === 0;
  const body = isUseless ? null : objectOf(parseJson(text));
  if (body === null) return text;
  const changes: Record<string, string> = {};
  for (const [key, rename] of Object.entries(renames)) {
    const value = rename(body[key], names);
    if (value !== body[key]) changes[key] = jsonText(value);
  }
  return Object.keys(changes).length === 0 ? text : spliceTopLevel(text, changes);
}
