import { mockUpstreams } from "@tokenhub/testkit";

/** The usual models and some whose context has no limit. */
export function withBoundlessModels(): unknown[] {
  return [
    ...(mockUpstreams("http://unused")["models"] as unknown[]),
    { id: "boundless-gpt", provider: "openai-up", name: "up-boundless-gpt", context_size: 0 },
    { id: "boundless-claude", provider: "anthropic-up", name: "up-boundless-claude", context_size: 0 },
    {
      id: "boundless-embed",
      provider: "openai-up",
      name: "up-boundless-embed",
      context_size: 0,
      capabilities: ["embeddings"],
    },
  ];
}
