import { capabilitySchema, type Capability } from "@tokenhub/contracts";
import type { nativeRequestSchema } from "@tokenhub/contracts/api";
import type { z } from "zod";
import type { JsonObject } from "../../sync/generation-endpoint.ts";

type NativeRequest = z.infer<typeof nativeRequestSchema>;

/** Members of `parameters` that the door decides itself. */
const ownParameters = new Set(["model", "messages", "stream", "system"]);

/** The `request` of a native body as a body of the OpenAI chat format. */
export function chatBodyOf(request: NativeRequest): JsonObject {
  return {
    ...Object.fromEntries(
      Object.entries(request.parameters ?? {}).filter(([name]) => !ownParameters.has(name)),
    ),
    ...(request.model_hint ? { model: request.model_hint } : {}),
    messages: request.messages,
    ...(request.stream === true ? { stream: true } : {}),
  };
}

/** Capabilities by other names that clients use. */
const synonyms: Readonly<Record<string, Capability>> = { vision: "images", json: "structured_output" };

/** The known capabilities that are asked for; others are wishes of the client's own and change nothing. */
export function needsOf(
  capabilities: readonly string[] | Readonly<Record<string, unknown>> | null | undefined,
): Capability[] {
  const names = Array.isArray(capabilities)
    ? capabilities
    : Object.entries(capabilities ?? {}).flatMap(([name, wanted]) => (wanted === true ? [name] : []));
  const known = names.flatMap((name) => {
    const parsed = capabilitySchema.safeParse(synonyms[name] ?? name);
    return parsed.success ? [parsed.data] : [];
  });
  return [...new Set(known)];
}
