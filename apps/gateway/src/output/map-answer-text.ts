import type { WireFormatName } from "@tokenhub/contracts";
import type { JsonObject } from "../sync/generation-endpoint.ts";

/** Applies `change` to every text of an answer; ids, usage and everything else stay. */
export function mapAnswerText(
  answer: JsonObject,
  { wireFormat, change }: { readonly wireFormat: WireFormatName; readonly change: (text: string) => string },
): JsonObject {
  switch (wireFormat) {
    case "openai-chat":
      return mapChoices(answer, (choice) => {
        const { message } = choice;
        if (!isObject(message) || typeof message["content"] !== "string") return choice;
        return { ...choice, message: { ...message, content: change(message["content"]) } };
      });
    case "openai-completions":
      return mapChoices(answer, (choice) =>
        typeof choice["text"] === "string" ? { ...choice, text: change(choice["text"]) } : choice,
      );
    case "anthropic-messages":
      return mapBlocks(answer, change);
    case "openai-responses":
      return mapMessages(answer, change);
    case "openai-embeddings":
      return answer;
  }
}

/** The texts of an answer, one for each choice. */
export function answerTexts(answer: JsonObject, wireFormat: WireFormatName): string[] {
  const texts: string[] = [];
  mapAnswerText(answer, {
    wireFormat,
    change(text) {
      texts.push(text);
      return text;
    },
  });
  return texts;
}

function mapChoices(answer: JsonObject, change: (choice: JsonObject) => JsonObject): JsonObject {
  const { choices } = answer;
  if (!Array.isArray(choices)) return answer;
  return {
    ...answer,
    choices: choices.map((choice: unknown) => (isObject(choice) ? change(choice) : choice)),
  };
}

/** As {@link mapBlocks}: text may be spread over messages and their parts; what is shaped is all of it, in the first. */
function mapMessages(answer: JsonObject, change: (text: string) => string): JsonObject {
  const { output } = answer;
  if (!Array.isArray(output)) return answer;
  const items: readonly unknown[] = output;
  const texts = items.flatMap((item) => partsOf(item).flatMap((part) => textOfPart(part) ?? []));
  if (texts.length === 0) return answer;
  let shaped: string | null = change(texts.join(""));
  const shapedPart = (part: unknown): unknown[] => {
    if (textOfPart(part) === null) return [part];
    const text = shaped;
    shaped = null;
    return text === null || !isObject(part) ? [] : [{ ...part, text }];
  };
  return {
    ...answer,
    output: items.map((item) =>
      isObject(item) && partsOf(item).length > 0
        ? { ...item, content: partsOf(item).flatMap(shapedPart) }
        : item,
    ),
  };
}

/** The parts of a message; none for other items. */
function partsOf(item: unknown): readonly unknown[] {
  if (!isObject(item) || item["type"] !== "message" || !Array.isArray(item["content"])) return [];
  return item["content"];
}

function textOfPart(part: unknown): string | null {
  return isObject(part) && part["type"] === "output_text" && typeof part["text"] === "string"
    ? part["text"]
    : null;
}

/** Text may be spread over blocks (between them stand thoughts and tool calls); what is shaped is all of it, in the first. */
function mapBlocks(answer: JsonObject, change: (text: string) => string): JsonObject {
  const { content } = answer;
  if (!Array.isArray(content)) return answer;
  const blocks: readonly unknown[] = content;
  const texts = blocks.flatMap((block) => textOfBlock(block) ?? []);
  if (texts.length === 0) return answer;
  const first = blocks.findIndex((block) => textOfBlock(block) !== null);
  const shaped = change(texts.join(""));
  return {
    ...answer,
    content: blocks.flatMap((block, position) => {
      if (textOfBlock(block) === null) return [block];
      return position === first ? [{ ...(block as JsonObject), text: shaped }] : [];
    }),
  };
}

function textOfBlock(block: unknown): string | null {
  return isObject(block) && block["type"] === "text" && typeof block["text"] === "string"
    ? block["text"]
    : null;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
