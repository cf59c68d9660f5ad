export * from "./client/endpoint-rotation.ts";
export * from "./client/provider-call.ts";
export * from "./client/provider-client.ts";
export * from "./client/provider-stream-error.ts";
export { readStreamFailure } from "./client/read-body.ts";
export * from "./definition/provider-definition.ts";
export * from "./definition/served-as.ts";
export { type ModelsAnswer, type ProviderTarget } from "./discovery/ask-models.ts";
export type { ConnectionCause } from "./discovery/connection-cause.ts";
export * from "./discovery/count-input-tokens.ts";
export * from "./discovery/discover-models.ts";
export * from "./discovery/test-connection.ts";
export * from "./discovery/validate-api-key.ts";
export * from "./endpoints/probe-endpoint.ts";
export * from "./endpoints/start-endpoint-prober.ts";
export * from "./extend/load-provider-modules.ts";
export * from "./extend/provider-module-error.ts";
export { ProviderRegistry, type ProviderExtension } from "./extend/provider-registry.ts";
export {
  defineOpenAiCompatible,
  type OpenAiCompatibleTraits,
} from "./openai-compatible/define-openai-compatible.ts";
export * from "./registry.ts";
