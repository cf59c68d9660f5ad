export { directiveModes, describeInvalidDirective } from "./directives/directives.ts";
export type {
  DirectiveMode,
  DirectiveReading,
  Directives,
  InvalidDirective,
} from "./directives/directives.ts";
export { directiveReachBytes } from "./directives/find-directives.ts";
export { mayHoldDirective } from "./directives/may-hold-directive.ts";
export { readDirectives } from "./directives/read-directives.ts";
export type { MessageTexts } from "./directives/read-directives.ts";
export { directiveKeys } from "./directives/read-value.ts";
export type { DirectiveKey } from "./directives/read-value.ts";
export { stripDirectivesFromBody } from "./directives/strip-directives-from-body.ts";
export type { ConversationFormat, StrippedBody } from "./directives/strip-directives-from-body.ts";
export { stripDirectives } from "./directives/strip-directives.ts";
export { parseGemmaOutput } from "./gemma/parse-gemma-output.ts";
export type { GemmaOutput, GemmaToolCall } from "./gemma/parse-gemma-output.ts";
export { checkSchemaBounds, schemaLimits } from "./output/check-schema-bounds.ts";
export type { SchemaRefusal } from "./output/check-schema-bounds.ts";
export { extractJsonValue } from "./output/extract-json-value.ts";
export type { JsonAnswer } from "./output/extract-json-value.ts";
export {
  outputFormatSchema,
  outputSchemaOf,
  outputSchemaSchema,
  shapeOptionsOf,
} from "./output/output-format-schema.ts";
export type { OutputFormat } from "./output/output-format-schema.ts";
export { outputTypes } from "./output/output-type.ts";
export type { OutputType } from "./output/output-type.ts";
export { describeSchemaErrors, repairInstruction } from "./output/repair-instruction.ts";
export type { SchemaFault } from "./output/repair-instruction.ts";
export { shapeOutput } from "./output/shape-output.ts";
export type { OutputChange, ShapedOutput, ShapeOptions } from "./output/shape-output.ts";
export { createThinkStripper, stripThinking } from "./output/think-stripper.ts";
export type { ThinkStripper, ThinkStripperOptions } from "./output/think-stripper.ts";
export { checkToolNameMap, createToolNameMapper, mapToolNames } from "./tool-names/map-tool-names.ts";
export type { ToolNameAudience, ToolNameMap, ToolNameMapping } from "./tool-names/map-tool-names.ts";
