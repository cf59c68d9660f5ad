import { TokenHubError, type WireFormatName } from "@tokenhub/contracts";
import { repairMessages } from "./anthropic-messages/repair-messages.ts";
import { keptNowhere } from "./openai-responses/kept-nowhere.ts";
import { jsonText, objectOf, parseJson } from "./json-value.ts";
import { scanJsonObject } from "./json-scanner.ts";
import { spliceMembers, spliceTopLevel, type TopLevelChanges } from "./splice-top-level.ts";
import { translationBetween } from "./translation-between.ts";
import { createWarningList, type WarningList } from "./warning-list.ts";
import type { BuildTarget } from "./wire-format.ts";

export interface TranscodeRequestInput {
  readonly from: WireFormatName;
  readonly to: WireFormatName;
  readonly bodyText: string;
  readonly target: BuildTarget;
}

export interface TranscodedRequest {
  readonly bodyText: string;
  /** What was changed or left out, one sentence each. */
  readonly warnings: string[];
}

/**
 * Turns a caller's body into the provider's. In the same format the bytes stay, apart from: `model` (the upstream name),
 * `stream` (when it differs from the target's), `stream_options.include_usage` (true in every OpenAI stream, because usage
 * is accounted for), our own member `tokenhub`, which is removed, an Anthropic history that its provider would refuse
 * (see `repairMessages`), and what a Responses request says about being kept (see `keptNowhere`).
 * @throws TokenHubError invalid_json, invalid_request
 */
export function transcodeRequest(input: TranscodeRequestInput): TranscodedRequest {
  const { from, to, bodyText, target } = input;
  if (from === to) return adaptBody(input);
  const formats = translationBetween(from, to);
  const body = objectOf(parseJson(bodyText));
  if (body === null) throw new TokenHubError("invalid_json", "The body must be a JSON object.");
  const parsed = formats.from.parseRequest(body);
  const built = formats.to.buildRequest(parsed.request, target);
  const warnings = new Set([...parsed.warnings, ...built.warnings]);
  return { bodyText: jsonText(built.body), warnings: [...warnings] };
}

function adaptBody(input: TranscodeRequestInput): TranscodedRequest {
  const { bodyText, target } = input;
  const members = scanJsonObject(bodyText);
  if (members === null) throw new TokenHubError("invalid_json", "The body must be a JSON object.");
  const raw = (key: string): string | undefined => {
    const member = members.findLast((candidate) => candidate.key === key);
    return member === undefined ? undefined : bodyText.slice(member.valueStart, member.end);
  };
  const changes: Record<string, string | undefined> = { tokenhub: undefined };
  const model = JSON.stringify(target.model);
  if (raw("model") !== model) changes["model"] = model;
  if (input.to !== "openai-embeddings") Object.assign(changes, streamChanges(input, raw));
  if (input.to === "openai-responses") Object.assign(changes, keptNowhere(raw));
  const warnings = createWarningList();
  if (input.to === "anthropic-messages") Object.assign(changes, historyChanges(raw("messages"), warnings));
  return { bodyText: spliceMembers(bodyText, { members, changes }), warnings: warnings.list() };
}

/** Most conversations call no tools; only those that do are read. */
function historyChanges(messagesText: string | undefined, warnings: WarningList): TopLevelChanges {
  if (messagesText === undefined || !/"tool_(?:use|calls)"/.test(messagesText)) return {};
  const messages = parseJson(messagesText);
  if (!Array.isArray(messages)) return {};
  const repaired = repairMessages(messages, warnings);
  return repaired === messages ? {} : { messages: jsonText(repaired) };
}

function streamChanges(
  input: TranscodeRequestInput,
  raw: (key: string) => string | undefined,
): TopLevelChanges {
  const { target } = input;
  const changes: Record<string, string | undefined> = {};
  if ((raw("stream") === "true") !== target.stream) changes["stream"] = String(target.stream);
  if (input.to === "anthropic-messages" || input.to === "openai-responses") return changes;
  const options = raw("stream_options");
  if (!target.stream) {
    // OpenAI refuses the options of a stream without a stream.
    if (options !== undefined && changes["stream"] !== undefined) changes["stream_options"] = undefined;
  } else if (target.features?.streamUsage !== false) {
    const isObject = options !== undefined && options.startsWith("{");
    changes["stream_options"] = isObject
      ? spliceTopLevel(options, { include_usage: "true" })
      : '{"include_usage":true}';
  }
  return changes;
}
