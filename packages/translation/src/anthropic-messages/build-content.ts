import type {
  AssistantBlock,
  CacheControl,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  TextBlock,
  ToolCallBlock,
  ToolMessage,
  UserBlock,
} from "../canonical.ts";
import { decodeBase64Text } from "../data-url.ts";
import { objectOf, presentMembers, type JsonObject } from "../json-value.ts";
import type { WarningList } from "../warning-list.ts";
import { encodeToolCallId } from "./tool-call-id.ts";
import { parseToolInput } from "./tool-input.ts";

/** Blocks of a user or assistant turn; empty text is left out, because Anthropic refuses it. */
export function buildBlocks(
  blocks: readonly (UserBlock | AssistantBlock)[],
  warnings: WarningList,
): JsonObject[] {
  return blocks.flatMap((block) => {
    const built = buildBlock(block, warnings);
    return built === null ? [] : [built];
  });
}

/** One plain text block is written as its text, which means the same. */
export function compactContent(blocks: readonly JsonObject[]): string | readonly JsonObject[] {
  const [only] = blocks;
  const isPlain = blocks.length === 1 && only?.["type"] === "text" && Object.keys(only).length === 2;
  return isPlain ? String(only["text"]) : blocks;
}

function buildBlock(block: UserBlock | AssistantBlock, warnings: WarningList): JsonObject | null {
  switch (block.type) {
    case "text":
      return buildText(block, warnings);
    case "refusal":
      return block.text.trim() === "" ? null : { type: "text", text: block.text };
    case "image":
      return buildImage(block, warnings);
    case "document":
      return buildDocument(block, warnings);
    case "audio":
      warnings.leftOut("input_audio", "anthropic-messages");
      return null;
    case "reasoning":
      if (block.signature === null) {
        warnings.add(
          "Reasoning without a signature was left out: anthropic-messages takes back signed thinking only.",
        );
        return null;
      }
      return { type: "thinking", thinking: block.text, signature: block.signature };
    case "redacted-reasoning":
      return { type: "redacted_thinking", data: block.data };
    case "tool-call":
      return buildToolUse(block, warnings);
    case "native": {
      const value = objectOf(block.value);
      if (block.format === "anthropic-messages" && value !== null) return value;
      warnings.leftOut(block.name, "anthropic-messages");
      return null;
    }
  }
}

export function buildText(block: TextBlock, warnings: WarningList): JsonObject | null {
  if (block.text.trim() === "") {
    if (block.text !== "")
      warnings.add("Text of white space only was left out: anthropic-messages refuses it.");
    return null;
  }
  const citations = block.citations.length > 0 ? block.citations : null;
  return presentMembers({ type: "text", text: block.text, citations, ...cacheMember(block.cacheControl) });
}

/** Anthropic keeps a cache entry 5 minutes or 1 hour; OpenAI's 30 minutes and 12 hours become the hour. */
export function cacheMember(cacheControl: CacheControl | null): JsonObject {
  if (cacheControl === null) return {};
  const { ttl } = cacheControl;
  const lifetime = ttl === "30m" || ttl === "12h" ? "1h" : ttl;
  return { cache_control: presentMembers({ type: "ephemeral", ttl: lifetime }) };
}

function buildImage(block: ImageBlock, warnings: WarningList): JsonObject | null {
  if (block.detail !== null && block.detail !== "auto") {
    warnings.leftOut("image_url.detail", "anthropic-messages");
  }
  const source = buildSource(block.source);
  if (source === null) {
    warnings.leftOut("image.file_id", "anthropic-messages");
    return null;
  }
  return { type: "image", source, ...cacheMember(block.cacheControl) };
}

/** Null for a file that only the other vendor knows. */
function buildSource(source: MediaSource): JsonObject | null {
  switch (source.type) {
    case "url":
      return { type: "url", url: source.url };
    case "base64":
      return { type: "base64", media_type: source.mediaType, data: source.data };
    case "file":
      return source.format === "anthropic-messages" ? { type: "file", file_id: source.fileId } : null;
  }
}

/** PDFs stay documents, image files become images, text files become text documents; nothing else can be sent. */
function buildDocument(block: DocumentBlock, warnings: WarningList): JsonObject | null {
  if (block.source.type === "base64" && block.source.mediaType.startsWith("image/")) {
    return { type: "image", source: buildSource(block.source), ...cacheMember(block.cacheControl) };
  }
  const source = buildDocumentSource(block.source, warnings);
  if (source === null) return null;
  return presentMembers({
    type: "document",
    source,
    title: block.title,
    context: block.context,
    citations: block.hasCitations === null ? null : { enabled: block.hasCitations },
    ...cacheMember(block.cacheControl),
  });
}

function buildDocumentSource(source: DocumentBlock["source"], warnings: WarningList): JsonObject | null {
  switch (source.type) {
    case "text":
      return { type: "text", media_type: "text/plain", data: source.text };
    case "blocks":
      return { type: "content", content: buildBlocks(source.blocks, warnings) };
    case "base64": {
      if (source.mediaType === "application/pdf") return buildSource(source);
      const text = decodeBase64Text(source.data);
      if (text !== null) return { type: "text", media_type: "text/plain", data: text };
      warnings.leftOut(`file of type ${source.mediaType}`, "anthropic-messages");
      return null;
    }
    case "url":
    case "file": {
      const built = buildSource(source);
      if (built === null) warnings.leftOut("file.file_id", "anthropic-messages");
      return built;
    }
  }
}

function buildToolUse(block: ToolCallBlock, warnings: WarningList): JsonObject {
  const { name } = block;
  const call = { type: "tool_use", id: encodeToolCallId(block.id), name };
  if (block.isFreeText) {
    warnings.add("The call of a custom tool was written as `tool_use` with its text as `input.input`.");
    return { ...call, input: { input: block.arguments }, ...cacheMember(block.cacheControl) };
  }
  const { input, isWrapped } = parseToolInput(block.arguments);
  if (isWrapped) {
    warnings.add("Tool call arguments that are no JSON object were wrapped as `_tokenhub_raw_arguments`.");
  }
  return { ...call, input, ...cacheMember(block.cacheControl) };
}

export function buildToolResult(message: ToolMessage, warnings: WarningList): JsonObject {
  const blocks = buildBlocks(message.content, warnings);
  return presentMembers({
    type: "tool_result",
    tool_use_id: encodeToolCallId(message.toolCallId),
    content: blocks.length === 0 ? null : compactContent(blocks),
    is_error: message.isError,
    ...cacheMember(message.cacheControl),
  });
}
