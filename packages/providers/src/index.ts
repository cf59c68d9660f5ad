export * from "./client/provider-call.ts";
export * from "./client/provider-client.ts";
export * from "./client/provider-stream-error.ts";
export * from "./definition/provider-definition.ts";
export {
  defineOpenAiCompatible,
  type OpenAiCompatibleTraits,
} from "./openai-compatible/define-openai-compatible.ts";
export * from "./registry.ts";
export { readStreamFailure } from "./client/read-body.ts";
