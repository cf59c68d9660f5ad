import { undeclaredCapabilities, type Capability } from "@tokenhub/contracts";

/** One bit per capability, so that a model is held against a request with a single `&`. */
export const capabilityBits = {
  chat: 1,
  completion: 2,
  embeddings: 4,
  tools: 8,
  images: 16,
  structured_output: 32,
  reasoning: 64,
  streaming: 128,
} as const satisfies Record<Capability, number>;

const operationBits = capabilityBits.chat | capabilityBits.completion | capabilityBits.embeddings;
const featureBits = maskOf(undeclaredCapabilities) & ~operationBits;

/** The bits of a list of capabilities. */
export function maskOf(capabilities: readonly Capability[]): number {
  let mask = 0;
  for (const capability of capabilities) mask |= capabilityBits[capability];
  return mask;
}

/**
 * What a model can do, from what it declares. Operations and features are two groups, and a group counts as declared only
 * when the list names a member of it: `["chat", "completion"]` excludes embeddings but no feature, `["chat", "tools"]`
 * excludes images and streaming too. A group without a declaration is filled from `undeclaredCapabilities`; so is
 * everything when the list is null.
 */
export function declaredMask(capabilities: readonly Capability[] | null): number {
  const assumed = maskOf(undeclaredCapabilities);
  if (capabilities === null) return assumed;
  const named = maskOf(capabilities);
  const operations = named & operationBits ? named & operationBits : assumed & operationBits;
  const features = named & featureBits ? named & featureBits : featureBits;
  return operations | features;
}

/** Names of the capabilities in a mask, e.g. `tools, images`. */
export function namesOf(mask: number): string {
  return Object.entries(capabilityBits)
    .filter(([, bit]) => (mask & bit) !== 0)
    .map(([name]) => name)
    .join(", ");
}
