import type {
  CacheControl,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  NativeBlock,
  TextBlock,
} from "../canonical.ts";
import { booleanOf, listOf, objectOf, objectsOf, textOf, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";

const textMembers = new Set(["type", "text", "cache_control", "citations"]);
const imageMembers = new Set(["type", "source", "cache_control"]);
const documentMembers = new Set(["type", "source", "cache_control", "citations", "title", "context"]);

export type SharedBlock = TextBlock | ImageBlock | DocumentBlock | NativeBlock;

export function parseCacheControl(object: JsonObject): CacheControl | null {
  const control = objectOf(object["cache_control"]);
  return control === null ? null : { ttl: textOf(control["ttl"]) };
}

export function textBlock(text: string): TextBlock {
  return { type: "text", text, cacheControl: null, citations: [] };
}

/** A system prompt: text, or text blocks. */
export function parseTextBlocks(content: unknown, warnings: WarningList): TextBlock[] {
  if (typeof content === "string") return content === "" ? [] : [textBlock(content)];
  return objectsOf(content)
    .filter((block) => block["type"] === "text")
    .map((block) => parseText(block, warnings));
}

/** Blocks that user messages, assistant messages and tool results have in common. */
export function parseSharedBlock(block: JsonObject, warnings: WarningList): SharedBlock {
  const type = textOf(block["type"]) ?? "";
  switch (type) {
    case "text":
      return parseText(block, warnings);
    case "image":
      return parseImage(block, warnings);
    case "document":
      return parseDocument(block, warnings);
    default:
      return { type: "native", format: "anthropic-messages", name: type, value: block };
  }
}

function parseText(block: JsonObject, warnings: WarningList): TextBlock {
  warnings.unknownMembers(block, textMembers, "content[].");
  return {
    type: "text",
    text: textOf(block["text"]) ?? "",
    cacheControl: parseCacheControl(block),
    citations: listOf(block["citations"]),
  };
}

function parseImage(block: JsonObject, warnings: WarningList): ImageBlock {
  warnings.unknownMembers(block, imageMembers, "content[].");
  const source = parseMediaSource(objectOf(block["source"]) ?? {});
  return { type: "image", source, detail: null, cacheControl: parseCacheControl(block) };
}

function parseMediaSource(source: JsonObject): MediaSource {
  switch (source["type"]) {
    case "url":
      return { type: "url", url: textOf(source["url"]) ?? "" };
    case "file":
      return { type: "file", format: "anthropic-messages", fileId: textOf(source["file_id"]) ?? "" };
    default: {
      const mediaType = textOf(source["media_type"]) ?? "";
      return { type: "base64", mediaType, data: textOf(source["data"]) ?? "" };
    }
  }
}

function parseDocument(block: JsonObject, warnings: WarningList): DocumentBlock {
  warnings.unknownMembers(block, documentMembers, "content[].");
  return {
    type: "document",
    source: parseDocumentSource(objectOf(block["source"]) ?? {}, warnings),
    title: textOf(block["title"]),
    context: textOf(block["context"]),
    hasCitations: booleanOf(objectOf(block["citations"])?.["enabled"]),
    cacheControl: parseCacheControl(block),
  };
}

function parseDocumentSource(source: JsonObject, warnings: WarningList): DocumentBlock["source"] {
  switch (source["type"]) {
    case "text":
      return { type: "text", text: textOf(source["data"]) ?? "" };
    case "content": {
      if (typeof source["content"] === "string") {
        return { type: "blocks", blocks: [textBlock(source["content"])] };
      }
      const blocks = objectsOf(source["content"]).map((block) => parseSharedBlock(block, warnings));
      return {
        type: "blocks",
        blocks: blocks.filter((block) => block.type === "text" || block.type === "image"),
      };
    }
    default:
      return parseMediaSource(source);
  }
}
