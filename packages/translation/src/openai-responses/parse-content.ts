import type {
  AssistantBlock,
  CacheControl,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  NativeBlock,
  RefusalBlock,
  TextBlock,
  UserBlock,
} from "../canonical.ts";
import { parseDataUrl } from "../data-url.ts";
import { listOf, objectOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";

const cacheMember = "prompt_cache_breakpoint";
const partMembers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["input_text", new Set(["type", "text", cacheMember])],
  ["output_text", new Set(["type", "text", "annotations", "logprobs", cacheMember])],
  ["text", new Set(["type", "text", cacheMember])],
  ["refusal", new Set(["type", "refusal"])],
  ["input_image", new Set(["type", "image_url", "file_id", "detail", cacheMember])],
  ["input_file", new Set(["type", "file_data", "file_url", "file_id", "filename", cacheMember])],
  ["input_audio", new Set(["type", "input_audio", cacheMember])],
]);

export function textBlock(text: string, cacheControl: CacheControl | null = null): TextBlock {
  return { type: "text", text, cacheControl, citations: [] };
}

/** A content of a user or system message, or the output of a call: text, or a list of parts. */
export function parseParts(content: unknown, warnings: WarningList): UserBlock[] {
  return readParts(content, warnings).map((block) =>
    block.type === "refusal" ? textBlock(block.text) : block,
  );
}

export function parseAssistantParts(content: unknown, warnings: WarningList): AssistantBlock[] {
  return readParts(content, warnings).flatMap((block) => {
    if (block.type !== "audio") return [block];
    warnings.add("`input_audio` in an assistant message was left out.");
    return [];
  });
}

function readParts(content: unknown, warnings: WarningList): (UserBlock | RefusalBlock)[] {
  if (typeof content === "string") return content === "" ? [] : [textBlock(content)];
  return listOf(content).flatMap((part) => {
    const object = objectOf(part);
    return object === null ? [] : [parsePart(object, warnings)];
  });
}

function parsePart(part: JsonObject, warnings: WarningList): UserBlock | RefusalBlock {
  const type = textOf(part["type"]) ?? "";
  const known = partMembers.get(type);
  if (known !== undefined) warnings.unknownMembers(part, known, "input[].content[].");
  const breakpoint = objectOf(part[cacheMember]);
  const cacheControl = breakpoint === null ? null : { ttl: textOf(breakpoint["ttl"]) };
  switch (type) {
    case "input_text":
    case "output_text":
    case "text":
      return textBlock(textOf(part["text"]) ?? "", cacheControl);
    case "refusal":
      return { type: "refusal", text: textOf(part["refusal"]) ?? "" };
    case "input_image":
      return parseImage(part, cacheControl);
    case "input_file":
      return parseFile(part, cacheControl);
    case "input_audio": {
      const audio = objectOf(part["input_audio"]);
      const data = textOf(audio?.["data"]) ?? "";
      return { type: "audio", data, audioFormat: textOf(audio?.["format"]) ?? "", cacheControl };
    }
    default:
      return nativePart(type, part);
  }
}

function nativePart(name: string, value: JsonObject): NativeBlock {
  return { type: "native", format: "openai-responses", name, value };
}

function parseImage(part: JsonObject, cacheControl: CacheControl | null): ImageBlock {
  const url = textOf(part["image_url"]);
  const source = url === null ? fileSource(part) : urlSource(url);
  return { type: "image", source, detail: textOf(part["detail"]), cacheControl };
}

function urlSource(url: string): MediaSource {
  const content = parseDataUrl(url);
  return content === null ? { type: "url", url } : { type: "base64", ...content };
}

/** Files are known by the same ids in all of the vendor's formats. */
function fileSource(part: JsonObject): MediaSource {
  return { type: "file", format: "openai-chat", fileId: textOf(part["file_id"]) ?? "" };
}

function parseFile(part: JsonObject, cacheControl: CacheControl | null): DocumentBlock {
  return {
    type: "document",
    source: documentSource(part),
    title: textOf(part["filename"]),
    context: null,
    hasCitations: null,
    cacheControl,
  };
}

/** `file_data` is a data URL; bare base64 is taken for a PDF, as chat takes it. */
function documentSource(part: JsonObject): MediaSource {
  const data = textOf(part["file_data"]);
  if (data !== null) {
    return { type: "base64", ...(parseDataUrl(data) ?? { mediaType: "application/pdf", data }) };
  }
  const url = textOf(part["file_url"]);
  return url === null ? fileSource(part) : { type: "url", url };
}
