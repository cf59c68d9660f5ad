import type { CacheControl, DocumentBlock, ImageBlock, MediaSource, UserBlock } from "../canonical.ts";
import { formatDataUrl } from "../data-url.ts";
import { objectOf, presentMembers, textOf, type JsonObject } from "../json-value.ts";
import { buildParts as buildChatParts, type ContentInput } from "../openai-chat/build-content.ts";

/** Parts of a message or of a call's output. */
export function buildParts(blocks: readonly UserBlock[], input: ContentInput): JsonObject[] {
  return blocks.flatMap((block) => {
    switch (block.type) {
      case "text":
        if (block.citations.length > 0) input.warnings.leftOut("citations", "openai-responses");
        return [{ type: "input_text", text: block.text, ...cacheMember(block.cacheControl, input) }];
      case "image":
        return buildImage(block, input);
      case "document":
        return buildDocument(block, input);
      case "audio": {
        const audio = { data: block.data, format: block.audioFormat };
        return [{ type: "input_audio", input_audio: audio }];
      }
      case "native": {
        const value = objectOf(block.value);
        if (block.format === "openai-responses" && value !== null) return [value];
        return textsOf(buildChatParts(block, input));
      }
    }
  });
}

/** As in chat completions: a breakpoint is kept 30 minutes or 12 hours, so the hour becomes the 30 minutes. */
function cacheMember(cacheControl: CacheControl | null, input: ContentInput): JsonObject {
  if (cacheControl === null) return {};
  if (!input.extensions.has("prompt_cache_breakpoint")) {
    input.warnings.leftOut("cache_control", "openai-responses");
    return {};
  }
  const { ttl } = cacheControl;
  const lifetime = ttl === "1h" ? "30m" : ttl === "5m" ? null : ttl;
  return { prompt_cache_breakpoint: presentMembers({ mode: "explicit", ttl: lifetime }) };
}

function buildImage(block: ImageBlock, input: ContentInput): JsonObject[] {
  const source = sourceMember(block.source, "image_url");
  if (source === null) {
    input.warnings.leftOut("image.source.file_id", "openai-responses");
    return [];
  }
  const detail = presentMembers({ detail: block.detail });
  return [{ type: "input_image", ...source, ...detail, ...cacheMember(block.cacheControl, input) }];
}

/** Null for a file that only another vendor knows. */
function sourceMember(source: MediaSource, urlMember: "image_url" | "file_url"): JsonObject | null {
  switch (source.type) {
    case "url":
      return { [urlMember]: source.url };
    case "base64":
      return { [urlMember === "image_url" ? urlMember : "file_data"]: formatDataUrl(source) };
    case "file":
      return source.format === "openai-chat" ? { file_id: source.fileId } : null;
  }
}

/** Files stay files, by content, URL or id; text documents and documents of blocks become text, as in chat completions. */
function buildDocument(block: DocumentBlock, input: ContentInput): JsonObject[] {
  const { source } = block;
  if (source.type === "text" || source.type === "blocks") return textsOf(buildChatParts(block, input));
  if (block.hasCitations === true) input.warnings.leftOut("document.citations", "openai-responses");
  if (block.context !== null) input.warnings.leftOut("document.context", "openai-responses");
  const member = sourceMember(source, "file_url");
  if (member === null) {
    input.warnings.leftOut("document.source.file_id", "openai-responses");
    return [];
  }
  // File data is refused without a name.
  const defaultName = source.type === "base64" ? "document.pdf" : null;
  const filename = block.title ?? defaultName;
  return [
    {
      type: "input_file",
      ...presentMembers({ filename }),
      ...member,
      ...cacheMember(block.cacheControl, input),
    },
  ];
}

/** The texts and images among parts of a chat message, as this format writes them. */
function textsOf(parts: readonly JsonObject[]): JsonObject[] {
  return parts.flatMap((part): JsonObject[] => {
    if (part["type"] === "text") return [{ type: "input_text", text: textOf(part["text"]) ?? "" }];
    const image = objectOf(part["image_url"]);
    return image === null ? [] : [{ type: "input_image", image_url: textOf(image["url"]) ?? "" }];
  });
}
