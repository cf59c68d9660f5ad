import type {
  AudioBlock,
  CacheControl,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  NativeBlock,
  TextBlock,
  UserBlock,
} from "../canonical.ts";
import { formatDataUrl } from "../data-url.ts";
import { objectOf, objectsOf, presentMembers, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";

export interface ContentInput {
  /** Non-standard members the target accepts. */
  readonly extensions: ReadonlySet<string>;
  readonly warnings: WarningList;
}

/** A content as OpenAI writes it: a plain text where one text block says everything, else a list of parts. */
export function buildContent(blocks: readonly UserBlock[], input: ContentInput): string | JsonObject[] {
  const parts = blocks.flatMap((block) => buildParts(block, input));
  const [first] = parts;
  if (first === undefined) return "";
  const isPlain = parts.length === 1 && first["type"] === "text" && Object.keys(first).length === 2;
  return isPlain ? String(first["text"]) : parts;
}

export function buildParts(block: UserBlock, input: ContentInput): JsonObject[] {
  switch (block.type) {
    case "text":
      return [buildText(block, input)];
    case "image":
      return buildImage(block, input);
    case "document":
      return buildDocument(block, input);
    case "audio":
      return [buildAudio(block, input)];
    case "native":
      return buildNative(block, input);
  }
}

function buildText(block: TextBlock, input: ContentInput): JsonObject {
  if (block.citations.length > 0) input.warnings.leftOut("citations", "openai-chat");
  return { type: "text", text: block.text, ...cacheMembers(block.cacheControl, input) };
}

/** OpenAI keeps a breakpoint 30 minutes or 12 hours, Anthropic 5 minutes or 1 hour: the hour becomes the 30 minutes. */
function cacheMembers(cacheControl: CacheControl | null, input: ContentInput): JsonObject {
  if (cacheControl === null) return {};
  const { ttl } = cacheControl;
  if (input.extensions.has("prompt_cache_breakpoint")) {
    const lifetime = ttl === "1h" ? "30m" : ttl === "5m" ? null : ttl;
    return { prompt_cache_breakpoint: presentMembers({ mode: "explicit", ttl: lifetime }) };
  }
  if (input.extensions.has("cache_control")) {
    return { cache_control: presentMembers({ type: "ephemeral", ttl }) };
  }
  input.warnings.leftOut("cache_control", "openai-chat");
  return {};
}

function buildImage(block: ImageBlock, input: ContentInput): JsonObject[] {
  const url = sourceUrl(block.source);
  if (url === null) {
    input.warnings.leftOut("image.source.file_id", "openai-chat");
    return [];
  }
  const image = presentMembers({ url, detail: block.detail });
  return [{ type: "image_url", image_url: image, ...cacheMembers(block.cacheControl, input) }];
}

function sourceUrl(source: MediaSource): string | null {
  switch (source.type) {
    case "url":
      return source.url;
    case "base64":
      return formatDataUrl(source);
    case "file":
      return null;
  }
}

function buildAudio(block: AudioBlock, input: ContentInput): JsonObject {
  const audio = { data: block.data, format: block.audioFormat };
  return { type: "input_audio", input_audio: audio, ...cacheMembers(block.cacheControl, input) };
}

/**
 * PDFs and other files become `file` parts. A text document becomes text, led by its title and context; a document of
 * blocks becomes those blocks. A URL cannot be expressed: chat completions take no file URLs.
 */
function buildDocument(block: DocumentBlock, input: ContentInput): JsonObject[] {
  const { source } = block;
  if (block.hasCitations === true) input.warnings.leftOut("document.citations", "openai-chat");
  const cache = cacheMembers(block.cacheControl, input);
  switch (source.type) {
    case "text": {
      const lines = [block.title, block.context, source.text].filter((line) => line !== null);
      return [{ type: "text", text: lines.join("\n\n"), ...cache }];
    }
    case "blocks": {
      const heading = [block.title, block.context].filter((line) => line !== null).join("\n\n");
      const lead = heading === "" ? [] : [{ type: "text", text: heading }];
      return [...lead, ...source.blocks.flatMap((inner) => buildParts(inner, input))];
    }
    case "base64": {
      if (block.context !== null) input.warnings.leftOut("document.context", "openai-chat");
      const filename = block.title ?? defaultFileName(source.mediaType);
      return [{ type: "file", file: { filename, file_data: formatDataUrl(source) }, ...cache }];
    }
    case "file":
      if (source.format === "openai-chat") {
        return [{ type: "file", file: { file_id: source.fileId }, ...cache }];
      }
      input.warnings.leftOut("document.source.file_id", "openai-chat");
      return [];
    case "url":
      input.warnings.leftOut("document.source.url", "openai-chat");
      return [];
  }
}

/** OpenAI refuses file data without a name. */
function defaultFileName(mediaType: string): string {
  return mediaType === "application/pdf" ? "document.pdf" : "document.txt";
}

/** Search results of the other vendor still make sense as text; its other blocks do not. */
function buildNative(block: NativeBlock, input: ContentInput): JsonObject[] {
  const value = objectOf(block.value);
  if (block.format === "openai-chat" && value !== null) return [value];
  if (value?.["type"] === "search_result") {
    const texts = objectsOf(value["content"]).map((inner) => textOf(inner["text"]) ?? "");
    const lines = [textOf(value["title"]) ?? "", textOf(value["source"]) ?? "", ...texts];
    input.warnings.add("`search_result` blocks were written as plain text.");
    return [{ type: "text", text: lines.filter((line) => line !== "").join("\n\n") }];
  }
  input.warnings.leftOut(block.name, "openai-chat");
  return [];
}
