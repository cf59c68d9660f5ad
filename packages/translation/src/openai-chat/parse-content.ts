import type {
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

/** `cache_control` is what other gateways accept on OpenAI parts, `prompt_cache_breakpoint` is OpenAI's own. */
const cacheMembers = ["cache_control", "prompt_cache_breakpoint"];
const partMembers: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["text", new Set(["type", "text", ...cacheMembers])],
  ["refusal", new Set(["type", "refusal"])],
  ["image_url", new Set(["type", "image_url", ...cacheMembers])],
  ["input_audio", new Set(["type", "input_audio", ...cacheMembers])],
  ["file", new Set(["type", "file", ...cacheMembers])],
]);

/** A content of a user, system or tool message: text, or a list of parts. */
export function parseUserContent(content: unknown, warnings: WarningList): UserBlock[] {
  return parseContent(content, warnings).map((block) =>
    block.type === "refusal" ? textBlock(block.text) : block,
  );
}

export function parseAssistantContent(
  content: unknown,
  warnings: WarningList,
): (TextBlock | ImageBlock | DocumentBlock | RefusalBlock | NativeBlock)[] {
  return parseContent(content, warnings).flatMap((block) => {
    if (block.type !== "audio") return [block];
    warnings.add("`input_audio` in an assistant message was left out.");
    return [];
  });
}

function textBlock(text: string, cacheControl: CacheControl | null = null): TextBlock {
  return { type: "text", text, cacheControl, citations: [] };
}

function parseContent(content: unknown, warnings: WarningList): (UserBlock | RefusalBlock)[] {
  if (typeof content === "string") return content === "" ? [] : [textBlock(content)];
  return listOf(content).flatMap((part) => {
    if (typeof part === "string") return [textBlock(part)];
    const object = objectOf(part);
    return object === null ? [] : [parsePart(object, warnings)];
  });
}

function parsePart(part: JsonObject, warnings: WarningList): UserBlock | RefusalBlock {
  const type = textOf(part["type"]) ?? "";
  const known = partMembers.get(type);
  if (known !== undefined) warnings.unknownMembers(part, known, "messages[].content[].");
  const cacheControl = parseCacheControl(part);
  switch (type) {
    case "text":
      return textBlock(textOf(part["text"]) ?? "", cacheControl);
    case "refusal":
      return { type: "refusal", text: textOf(part["refusal"]) ?? "" };
    case "image_url":
      return parseImage(part["image_url"], cacheControl);
    case "input_audio": {
      const audio = objectOf(part["input_audio"]);
      const data = textOf(audio?.["data"]) ?? "";
      return { type: "audio", data, audioFormat: textOf(audio?.["format"]) ?? "", cacheControl };
    }
    case "file":
      return parseFile(objectOf(part["file"]) ?? {}, cacheControl);
    default:
      return { type: "native", format: "openai-chat", name: type, value: part };
  }
}

function parseCacheControl(part: JsonObject): CacheControl | null {
  const control = objectOf(part["cache_control"]) ?? objectOf(part["prompt_cache_breakpoint"]);
  return control === null ? null : { ttl: textOf(control["ttl"]) };
}

function parseImage(image: unknown, cacheControl: CacheControl | null): ImageBlock {
  const object = objectOf(image);
  const url = textOf(object?.["url"]) ?? textOf(image) ?? "";
  return { type: "image", source: urlSource(url), detail: textOf(object?.["detail"]), cacheControl };
}

function urlSource(url: string): MediaSource {
  const content = parseDataUrl(url);
  return content === null ? { type: "url", url } : { type: "base64", ...content };
}

function parseFile(file: JsonObject, cacheControl: CacheControl | null): DocumentBlock {
  const data = textOf(file["file_data"]);
  return {
    type: "document",
    source: data === null ? fileSource(file) : dataSource(data),
    title: textOf(file["filename"]),
    context: null,
    hasCitations: null,
    cacheControl,
  };
}

function fileSource(file: JsonObject): MediaSource {
  return { type: "file", format: "openai-chat", fileId: textOf(file["file_id"]) ?? "" };
}

/** `file_data` is a data URL; bare base64 has been seen too and then is a PDF, the only type chat took at first. */
function dataSource(data: string): MediaSource {
  const content = parseDataUrl(data) ?? { mediaType: "application/pdf", data };
  return { type: "base64", ...content };
}
