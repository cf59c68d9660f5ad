import { TokenHubError } from "@tokenhub/contracts";
import {
  outputFormatSchema,
  outputSchemaOf,
  outputSchemaSchema,
  shapeOptionsOf,
  type Directives,
  type ShapeOptions,
} from "@tokenhub/shaping";
import type { z } from "zod";
import { describeIssue } from "../http/describe-issue.ts";
import type { AnswerWishes, JsonObject } from "../sync/generation-endpoint.ts";
import { readFlag } from "../sync/read-flag.ts";

/** What is done to an answer after it came. */
export interface AnswerPlan {
  /** Null: the text stays as it is. */
  readonly shape: ShapeOptions | null;
  /** The JSON Schema the answer must fit; undefined: none. */
  readonly schema: unknown;
  /** Whether a model whose answer does not fit is asked once more. */
  readonly repairs: boolean;
  readonly includesDecision: boolean;
}

/**
 * Works out what is to be done to an answer; a directive wins over the body. `output_format.repair: true` allows one more
 * call when the answer does not fit its schema.
 * @throws TokenHubError `invalid_request` for a form or schema that cannot be used, or for one on a stream.
 */
export function planAnswer(
  wishes: AnswerWishes,
  { directives, isStream }: { readonly directives: Directives; readonly isStream: boolean },
): AnswerPlan {
  const { format, repairs } = readFormat(wishes.outputFormat);
  const schema =
    directives.outputSchema ??
    outputSchemaOf(
      parsed(outputSchemaSchema.nullish(), { value: wishes.outputSchema, at: "output_schema" }),
    ) ??
    format.schema ??
    undefined;
  const shape: ShapeOptions = {
    ...format,
    ...(directives.outputFormat === undefined ? {} : { type: directives.outputFormat }),
    ...(schema === undefined ? {} : { schema }),
  };
  const isShaped =
    shape.stripThink === true ||
    shape.maxTokens !== undefined ||
    schema !== undefined ||
    (shape.type ?? "none") !== "none";
  if (isStream && isShaped)
    throw new TokenHubError(
      "invalid_request",
      "Output formats and schemas work on whole answers. Leave `stream` out, or the format.",
      { param: "output_format" },
    );
  return {
    shape: isShaped ? shape : null,
    schema,
    repairs,
    includesDecision: directives.includeDecision ?? wishes.includeDecision,
  };
}

function readFormat(stated: unknown): { readonly format: ShapeOptions; readonly repairs: boolean } {
  if (stated === undefined || stated === null) return { format: {}, repairs: false };
  const { repair, ...rest } =
    typeof stated === "object" && !Array.isArray(stated) ? (stated as JsonObject) : {};
  const format = parsed(outputFormatSchema, {
    value: typeof stated === "object" && !Array.isArray(stated) ? rest : stated,
    at: "output_format",
  });
  return { format: shapeOptionsOf(format), repairs: readFlag(repair, "output_format.repair") };
}

function parsed<Value>(
  schema: z.ZodType<Value>,
  { value, at }: { readonly value: unknown; readonly at: string },
): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, problem } = describeIssue(result.error.issues[0]);
  const param = path === "" ? at : `${at}.${path}`;
  throw new TokenHubError("invalid_request", `\`${param}\` is not valid: ${problem}.`, { param });
}
