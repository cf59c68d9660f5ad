import { providerIdSchema } from "@tokenhub/contracts";
import { z } from "zod";
import { cacheChoiceFields } from "../../../cache/cache-choice-form.ts";
import { readOnly, storedMetaShape } from "./stored-meta.ts";

const modelId = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u,
    "must not begin or end with a blank nor hold control characters",
  );
const price = z.number().nonnegative().nullable().optional();
const context = z.int().nonnegative().nullable().optional();

const modelFields = {
  upstream_name: modelId.optional().meta({ description: "What the provider calls it; default: the id." }),
  name: modelId.optional().meta({ description: "The same as `upstream_name`." }),
  enabled: z.boolean().optional(),
  weight: z.number().nonnegative().optional().meta({ description: "Higher is preferred; default 1." }),
  max_context_tokens: context.meta({ description: "0: unlimited; null: unknown." }),
  context_size: context.meta({ description: "The same as `max_context_tokens`." }),
  max_output_tokens: z.int().positive().nullable().optional(),
  input_per_1k: price.meta({ description: "US dollars per 1,000 tokens of input; null: unknown." }),
  output_per_1k: price.meta({ description: "US dollars per 1,000 tokens of output; null: unknown." }),
  cost_per_1k: price.meta({ description: "One price for both." }),
  pricing_source: z.enum(["manual", "catalogue", "provider", "litellm"]).nullable().optional().meta({
    description:
      "`manual` keeps the price as it is; `catalogue` leaves it to the price list. A price that changes is manual.",
  }),
  capabilities: z.array(z.string().min(1).max(64)).max(64).nullable().optional().meta({
    description: "What the model serves; null: not declared.",
  }),
  expected_latency_ms: z.number().positive().nullable().optional(),
  tool_name_map: z.record(z.string().min(1).max(256), z.string().min(1).max(256)).nullable().optional().meta({
    description: "The model's tool names, each with the name that clients use.",
  }),
  gemma4_output: z.boolean().optional(),
  cache: cacheChoiceFields.cache.optional(),
  cache_ttl_seconds: cacheChoiceFields.cache_ttl_seconds.optional(),
};

const provider = providerIdSchema.optional();

const withProvider = {
  provider_id: provider,
  provider: provider.meta({ description: "The same as `provider_id`." }),
};

export const createModelSchema = z
  .strictObject({ id: modelId, ...withProvider, ...modelFields })
  .meta({ id: "ModelToCreate" });
export const replaceModelSchema = z
  .strictObject({
    id: modelId.optional(),
    ...withProvider,
    ...modelFields,
    ...storedMetaShape,
    context_source: readOnly,
    warnings: readOnly,
  })
  .meta({ id: "ModelToReplace" });
export const patchModelSchema = z
  .strictObject({ ...withProvider, ...modelFields })
  .meta({ id: "ModelChange" });

/** The fields that any of the forms may state. */
export type ModelForm = z.infer<typeof patchModelSchema>;
