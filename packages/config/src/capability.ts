/** The capability names of the catalogue. A copy, because this package lies below the contracts; the fit is compiler-checked where they meet. */
export const capabilityNames = [
  "chat",
  "completion",
  "embeddings",
  "tools",
  "images",
  "structured_output",
  "reasoning",
  "streaming",
] as const;
export type CapabilityName = (typeof capabilityNames)[number];

const operations: ReadonlySet<CapabilityName> = new Set(["chat", "completion", "embeddings"]);
const chatFeatures = capabilityNames.filter((name) => !operations.has(name));

const otherSpellings = new Map<string, CapabilityName>(
  Object.entries({
    chat_completion: "chat",
    chat_completions: "chat",
    completions: "completion",
    text: "completion",
    text_completion: "completion",
    embedding: "embeddings",
    embed: "embeddings",
    tool: "tools",
    tool_use: "tools",
    tool_calling: "tools",
    tool_calls: "tools",
    function_calling: "tools",
    functions: "tools",
    vision: "images",
    image: "images",
    image_input: "images",
    json: "structured_output",
    json_mode: "structured_output",
    json_schema: "structured_output",
    structured_outputs: "structured_output",
    thinking: "reasoning",
    stream: "streaming",
  } as const),
);

/** The catalogue's name for a capability in any known spelling (`embedding`, `vision`, `JSON`); null when it is unknown. */
export function parseCapability(text: string): CapabilityName | null {
  const normal = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, "_");
  return capabilityNames.find((name) => name === normal) ?? otherSpellings.get(normal) ?? null;
}

/**
 * Completes a list that names only operations, as the JSON files of older releases do (`["chat", "completion"]`): such a
 * list limits the operations and says nothing of features, so a chat model keeps all of them. A list that names at least
 * one feature is exact.
 */
export function completeCapabilities(listed: readonly CapabilityName[]): readonly CapabilityName[] {
  const unique = [...new Set(listed)];
  const namesOnlyOperations = unique.every((name) => operations.has(name));
  return namesOnlyOperations && unique.includes("chat") ? [...unique, ...chatFeatures] : unique;
}
