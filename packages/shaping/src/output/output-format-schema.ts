import { z } from "zod";
import { parseJson } from "../json-value.ts";
import { checkSchemaBounds } from "./check-schema-bounds.ts";
import { outputTypes, type OutputType } from "./output-type.ts";
import type { ShapeOptions } from "./shape-output.ts";

/** A JSON Schema from a caller, within `checkSchemaBounds`; or a text that holds one, as `/v1/plan` takes it. */
export const outputSchemaSchema = z
  .union([z.record(z.string(), z.unknown()), z.boolean(), z.string()], {
    error: "must be a JSON Schema: an object or a truth value",
  })
  .superRefine((stated, context) => {
    const schema = outputSchemaOf(stated);
    const reason =
      schema === undefined
        ? "must be a JSON Schema, or a text that holds one"
        : checkSchemaBounds(schema)?.reason;
    if (reason !== undefined) context.addIssue({ code: "custom", message: reason });
  })
  .meta({
    id: "OutputSchema",
    description: "JSON Schema (draft 2020-12) the answer has to fit; references inside itself only.",
  });

/** The schema itself, where it may have been written as a text; undefined when a text is no JSON. */
export function outputSchemaOf(stated: unknown): unknown {
  return typeof stated === "string" ? parseJson(stated)?.value : stated;
}

/** `output_format` of the native bodies. */
export const outputFormatSchema = z
  .strictObject({
    type: z
      .enum(outputTypes)
      .nullish()
      .meta({ description: "What the answer's text is turned into; absent: `none`, with a schema `json`." }),
    schema: outputSchemaSchema.nullish(),
    max_tokens: z
      .int()
      .nonnegative()
      .nullish()
      .meta({ description: "Cuts the text to this many tokens of 4 bytes each; 0: not at all." }),
    strip_think: z
      .boolean()
      .nullish()
      .meta({ description: "Removes reasoning between `<think>` tags from the text." }),
  })
  .refine(({ type, schema }) => schema === undefined || schema === null || isForJson(type), {
    error: "can be given for JSON only: leave `type` out or set it to json",
    path: ["schema"],
  })
  .meta({ id: "OutputFormat" });
export type OutputFormat = z.infer<typeof outputFormatSchema>;

function isForJson(type: OutputType | null | undefined): boolean {
  return type === undefined || type === null || type === "none" || type === "json";
}

/** The options of `shapeOutput` that an `output_format` asks for. */
export function shapeOptionsOf(format: OutputFormat): ShapeOptions {
  const { type, schema, max_tokens: maxTokens, strip_think: stripThink } = format;
  return {
    stripThink: stripThink ?? false,
    type: type ?? "none",
    ...(maxTokens ? { maxTokens } : {}),
    ...(schema === undefined || schema === null ? {} : { schema: outputSchemaOf(schema) }),
  };
}
