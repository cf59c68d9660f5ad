import { parseCapability } from "@tokenhub/config";
import { operationSchema, TokenHubError, type Capability, type RoutingFeatures } from "@tokenhub/contracts";
import { inspectRequest, type RequestInspection } from "@tokenhub/translation";
import { z } from "zod";
import {
  policyOf,
  readWishes,
  routingWishesSchema,
  type RoutingDefaults,
} from "../../../admission/routing-wishes.ts";

const wishes = routingWishesSchema.shape;

export const simulateSchema = z
  .strictObject({
    ...wishes,
    operation: operationSchema.default("chat"),
    model_hint: z.string().max(256).nullable().optional().meta({
      description: "Model or alias; absent, empty or `*`: the server picks.",
    }),
    model: z.string().max(256).nullable().optional().meta({ description: "The same as `model_hint`." }),
    token_count: z.int().optional().meta({
      description: "Tokens of input; 0 or absent: what `messages` come to, else 500.",
    }),
    max_tokens: z.int().positive().nullable().optional(),
    messages: z
      .array(z.looseObject({ role: z.string() }))
      .max(10_000)
      .optional()
      .meta({
        description: "As in a chat request; they are only counted.",
      }),
    tools: z.array(z.looseObject({})).max(1_000).optional(),
    capabilities: z.array(z.string().max(64)).max(64).optional().meta({
      description: "Features that the model must have, e.g. `tools`.",
    }),
    stream: z.boolean().default(false),
    key_id: z.string().max(64).nullable().optional().meta({
      description: "Whose list of models counts, and whose draw of an alias.",
    }),
  })
  .meta({ id: "RouteToSimulate" });
export type SimulateForm = z.infer<typeof simulateSchema>;

const defaultInputTokens = 500;

/** The request that is simulated, as routing sees a real one. @throws TokenHubError `invalid_request` */
export function featuresFromForm(
  form: SimulateForm,
  defaults: RoutingDefaults,
): Omit<RoutingFeatures, "allowedModelIds"> {
  const stated = Object.fromEntries(Object.entries(form).filter(([name]) => name in wishes));
  const inspected = inspect(form);
  return {
    operation: form.operation,
    wireFormat: form.operation === "embeddings" ? "openai-embeddings" : "openai-chat",
    stream: form.stream,
    requestedModel: form.model_hint || form.model || null,
    estimatedInputTokens: inputTokensOf(form, inspected),
    maxOutputTokens: form.max_tokens ?? null,
    needs: [...new Set([...(inspected?.needs ?? []), ...needsOf(form)])],
    policy: policyOf(defaults, readWishes(stated, { at: "" })),
  };
}

function inspect({ messages, tools }: SimulateForm): RequestInspection | null {
  if (messages === undefined) return null;
  return inspectRequest("openai-chat", { messages, ...(tools === undefined ? {} : { tools }) });
}

function inputTokensOf(
  { token_count: stated = 0 }: SimulateForm,
  inspected: RequestInspection | null,
): number {
  if (stated > 0) return stated;
  return inspected?.estimatedInputTokens ?? defaultInputTokens;
}

function needsOf({ capabilities = [] }: SimulateForm): Capability[] {
  return capabilities.map((name, index) => {
    const capability = parseCapability(name);
    if (capability !== null) return capability;
    throw new TokenHubError("invalid_request", `\`capabilities.${index}\` is no capability.`, {
      param: `capabilities.${index}`,
    });
  });
}
