import { anthropic } from "./anthropic/definition.ts";
import { azureOpenAi } from "./azure-openai/definition.ts";
import type { AnyProvider } from "./definition/provider-definition.ts";
import { ProviderRegistry } from "./extend/provider-registry.ts";
import { groq } from "./groq/definition.ts";
import { mock } from "./mock/definition.ts";
import { nim } from "./nim/definition.ts";
import { ollama } from "./ollama/definition.ts";
import { openAiCompatible } from "./openai-compatible/definition.ts";
import { openAi } from "./openai/definition.ts";
import { together } from "./together/definition.ts";
import { vllm } from "./vllm/definition.ts";

/** Every provider type of the product, by the name used in the configuration. A new one is a folder and a line here. */
export const providerDefinitions: ReadonlyMap<string, AnyProvider> = new Map(
  [openAi, anthropic, azureOpenAi, openAiCompatible, vllm, ollama, groq, together, nim, mock].map(
    (definition): [string, AnyProvider] => [definition.type, definition],
  ),
);

/** The registry of this process: modules register themselves here when they are imported. */
export const providerRegistry = new ProviderRegistry(providerDefinitions);

/** A type of the product or of a module; null when there is no such type. */
export function findProvider(type: string): AnyProvider | null {
  return providerRegistry.find(type);
}

/** Names of all types that this process knows. */
export function providerTypes(): string[] {
  return providerRegistry.types();
}
