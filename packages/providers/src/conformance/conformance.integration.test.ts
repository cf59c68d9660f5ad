import { compose } from "@tokenhub/mock-llm";
import type { ProviderDefinition } from "../definition/provider-definition.ts";
import { isBuiltIn } from "../definition/provider-definition.ts";
import { providerDefinitions } from "../registry.ts";
import { describeProvider } from "./describe-provider.ts";

const startUpstream = () => compose({ port: 0 });

for (const definition of providerDefinitions.values()) {
  if (isBuiltIn(definition)) continue;
  describeProvider(definition.type === "azure-openai" ? atOpenAiPath(definition) : definition, {
    startUpstream,
  });
}

/** The fake upstream has no deployments in its paths; that part of the URL is the unit test's. */
function atOpenAiPath(definition: ProviderDefinition): ProviderDefinition {
  return {
    ...definition,
    buildHttpRequest(input) {
      const request = definition.buildHttpRequest(input);
      return { ...request, url: request.url.replace(/\/openai\/deployments\/[^/]+/, "/v1") };
    },
    models: {
      ...definition.models,
      buildRequest(input) {
        const request = definition.models.buildRequest(input);
        return { ...request, url: request.url.replace("/openai/models", "/v1/models") };
      },
    },
  };
}
