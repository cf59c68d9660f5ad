import { extractJsonValue, statedJsonValue } from "./extract-json-value.ts";
import { extractXml } from "./extract-xml.ts";
import type { OutputType } from "./output-type.ts";
import { plainText } from "./plain-text.ts";
import { stripThinking } from "./think-stripper.ts";
import { truncateText } from "./truncate-text.ts";

export interface ShapeOptions {
  /** Remove the reasoning that the model wrote into its text. */
  readonly stripThink?: boolean;
  /** Cut the text to this many tokens of 4 bytes each; absent: not at all. */
  readonly maxTokens?: number;
  readonly type?: OutputType;
  /** The JSON Schema the answer is held against elsewhere: its JSON is then looked for in prose as well. */
  readonly schema?: unknown;
}

/** What was done to a text. */
export type OutputChange =
  | "think_stripped"
  | "truncated"
  | "json_extracted"
  | "markdown_trimmed"
  | "markdown_removed"
  | "xml_extracted";

export interface ShapedOutput {
  readonly text: string;
  /** In the order they were made; a step that changed nothing is not among them. */
  readonly changes: readonly OutputChange[];
  readonly wasTruncated: boolean;
  /** Whether JSON was asked for and the text is JSON. When it was and the text is not, the text is left as it was. */
  readonly isJson: boolean;
}

/**
 * Brings an answer's text into the form the caller asked for, in this order: reasoning is removed, the text is cut, then
 *
 * | type | effect |
 * |---|---|
 * | `none` | none; with a schema as `json` |
 * | `json` | the whole text if it is JSON, else the first fenced block that is (those marked json first), as written, trimmed |
 * | `markdown` | trimmed |
 * | `text` | Markdown taken out, trimmed |
 * | `xml` | the first block fenced as xml, else from the first tag to the last `>`, trimmed |
 *
 * With a schema, `json` also takes the first object or list out of prose: the text is then the one that is validated. A cut
 * comes before the form, so JSON that was cut is no JSON any more and is returned as cut text.
 */
export function shapeOutput(text: string, options: ShapeOptions): ShapedOutput {
  const { stripThink = false, maxTokens } = options;
  const answer = stripThink ? stripThinking(text) : text;
  const cut = maxTokens === undefined ? answer : truncateText(answer, { maxTokens });
  const { change, text: shaped, isJson } = shapeAs(cut, options);
  const changes: OutputChange[] = [];
  if (answer !== text) changes.push("think_stripped");
  if (cut !== answer) changes.push("truncated");
  if (change !== null && shaped !== cut) changes.push(change);
  return { text: shaped, changes, wasTruncated: cut !== answer, isJson };
}

interface Form {
  readonly change: OutputChange | null;
  readonly text: string;
  readonly isJson: boolean;
}

function shapeAs(text: string, { type = "none", schema }: ShapeOptions): Form {
  const hasSchema = schema !== undefined && schema !== null;
  switch (hasSchema && type === "none" ? "json" : type) {
    case "none":
      return { change: null, text, isJson: false };
    case "json": {
      const found = hasSchema ? extractJsonValue(text) : statedJsonValue(text);
      return { change: "json_extracted", text: found?.text ?? text, isJson: found !== null };
    }
    case "markdown":
      return { change: "markdown_trimmed", text: text.trim(), isJson: false };
    case "text":
      return { change: "markdown_removed", text: plainText(text), isJson: false };
    case "xml":
      return { change: "xml_extracted", text: extractXml(text) ?? text.trim(), isJson: false };
  }
}
