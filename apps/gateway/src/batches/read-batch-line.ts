import { isNestedDeeper } from "../http/json-depth.ts";
import { batchLimits } from "./batch-limits.ts";

/** Whose form a request of a batch has. */
export type BatchSurface = "openai" | "anthropic";

export interface LineForm {
  readonly surface: BatchSurface;
  /** The endpoint of the batch. */
  readonly endpoint: string;
}

export type BatchLine =
  | {
      readonly kind: "request";
      readonly customId: string;
      readonly model: string;
      readonly body: Record<string, unknown>;
    }
  | LineProblem;

interface LineProblem {
  readonly kind: "problem";
  readonly code: string;
  readonly message: string;
  /** Of the request in the line, e.g. `body.model`. */
  readonly param: string | null;
}

/** A line holds a body, which may be nested as deep as any other. */
const mostNested = 201;
const anthropicCustomId = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Reads one request of a batch: a line `{custom_id, method, url, body}` of an OpenAI file, or one of Anthropic's
 * `{custom_id, params}`. What the body holds beyond its model is judged when it is carried out, as for any other request.
 */
export function readBatchLine(text: string, form: LineForm): BatchLine {
  if (isNestedDeeper(text, mostNested))
    return problem("invalid_json_line", `The request is nested more than ${mostNested} levels deep.`, null);
  const line = parse(text);
  if (line === null) return problem("invalid_json_line", "This is not a JSON object.", null);
  const idFault = customIdFault(line["custom_id"], form.surface);
  if (idFault !== null) return idFault;
  return form.surface === "openai" ? readOpenAi(line, form.endpoint) : readAnthropic(line);
}

/** The id of a line that is known to be good; empty when it has none after all. */
export function customIdOf(text: string): string {
  const id = parse(text)?.["custom_id"];
  return typeof id === "string" ? id : "";
}

function readOpenAi(line: Record<string, unknown>, endpoint: string): BatchLine {
  if (line["method"] !== "POST") return problem("invalid_method", '`method` must be "POST".', "method");
  if (line["url"] !== endpoint)
    return problem("mismatched_url", `\`url\` must be the endpoint of the batch, "${endpoint}".`, "url");
  return readBody(line, "body");
}

function readAnthropic(line: Record<string, unknown>): BatchLine {
  return readBody(line, "params");
}

function readBody(line: Record<string, unknown>, name: "body" | "params"): BatchLine {
  const body = line[name];
  if (!isObject(body))
    return body === undefined
      ? problem("missing_required_parameter", `\`${name}\` is missing.`, name)
      : problem("invalid_type", `\`${name}\` must be a JSON object.`, name);
  const { model, stream } = body;
  if (typeof model !== "string" || model === "")
    return problem("missing_required_parameter", `\`${name}.model\` must name a model.`, `${name}.model`);
  if (stream !== undefined && stream !== null && stream !== false)
    return problem(
      "unsupported_parameter",
      `\`${name}.stream\` cannot be used in a batch: its answers are read from a file. Leave it out.`,
      `${name}.stream`,
    );
  return { kind: "request", customId: String(line["custom_id"]), model, body };
}

function customIdFault(id: unknown, surface: BatchSurface): LineProblem | null {
  if (id === undefined) return problem("missing_required_parameter", "`custom_id` is missing.", "custom_id");
  const fault = (wanted: string) =>
    problem("invalid_custom_id", `\`custom_id\` must be ${wanted}.`, "custom_id");
  if (surface === "anthropic")
    return typeof id === "string" && anthropicCustomId.test(id)
      ? null
      : fault("1 to 64 letters, digits, underscores and hyphens");
  const { customIdCharacters } = batchLimits;
  const isGood =
    typeof id === "string" &&
    id.length >= 1 &&
    id.length <= customIdCharacters &&
    id.isWellFormed() &&
    !id.includes("\0");
  return isGood ? null : fault(`a text of 1 to ${customIdCharacters} characters`);
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function problem(code: string, message: string, param: string | null): LineProblem {
  return { kind: "problem", code, message, param };
}
