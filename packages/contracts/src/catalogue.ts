import { z } from "zod";

/** Ids become queue names and header values: letters, digits, `.`, `_`, `-`, at most 64 characters. */
export const providerIdSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "use letters, digits, '.', '_' and '-' (at most 64)");

/** A capability of a model. `chat` and `embeddings` are operations; the rest are features a chat request may need. */
export const capabilitySchema = z.enum([
  "chat",
  "completion",
  "embeddings",
  "tools",
  "images",
  "structured_output",
  "reasoning",
  "streaming",
]);
export type Capability = z.infer<typeof capabilitySchema>;

export const catalogueProviderSchema = z.object({
  id: providerIdSchema,
  /** A registered provider definition: `openai`, `anthropic`, `vllm`, `openai-compatible`, `azure-openai`, `mock`, ... */
  type: z.string().min(1),
  enabled: z.boolean(),
  /** Null: the definition's default. Always an absolute http(s) URL without trailing slash otherwise. */
  baseUrl: z.string().nullable(),
  /** Whole-call limit in milliseconds. */
  timeoutMs: z.number().int().positive(),
  /** Upstream calls one worker process runs at a time for this provider. */
  concurrency: z.number().int().positive(),
  /** Extra request headers (never credentials). */
  headers: z.record(z.string(), z.string()),
  /** Definition-specific settings, e.g. `{ "apiVersion": "2024-10-21" }` for Azure. */
  options: z.record(z.string(), z.string()),
  /** Where the credential comes from: sealed in the vault, a named variable or the configuration, or none is needed. */
  credentialSource: z.enum(["escrow", "env", "none"]),
  /** Limits this installation keeps towards the provider, whatever its own are; null: none. */
  rateLimit: z
    .object({
      requestsPerMinute: z.number().positive().nullable(),
      tokensPerMinute: z.number().positive().nullable(),
    })
    .nullable(),
});
export type CatalogueProvider = z.infer<typeof catalogueProviderSchema>;

/** Price in US dollars per 1,000 tokens. Unknown prices are null, never 0. */
export const priceSchema = z.object({
  inputPer1kUsd: z.number().nonnegative(),
  outputPer1kUsd: z.number().nonnegative(),
});
export type Price = z.infer<typeof priceSchema>;

export const valueSourceSchema = z.enum(["manual", "catalogue", "provider"]);
export type ValueSource = z.infer<typeof valueSourceSchema>;

/** What is said about keeping answers for requests that say nothing themselves; `ttlMs` null: the installation's time. */
export const cacheChoiceSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("off") }),
  z.object({ kind: z.literal("on"), ttlMs: z.number().int().positive().nullable() }),
]);
export type CacheChoice = z.infer<typeof cacheChoiceSchema>;

export const catalogueModelSchema = z.object({
  /** What clients call it; may contain `/` and `.`. */
  id: z.string().min(1).max(256),
  providerId: providerIdSchema,
  /** What the provider calls it. */
  upstreamName: z.string().min(1).max(256),
  enabled: z.boolean(),
  weight: z.number().nonnegative(),
  /** 0 = unlimited. */
  contextTokens: z.number().int().nonnegative(),
  maxOutputTokens: z.number().int().positive().nullable(),
  price: priceSchema.nullable(),
  /** Who said so: the operator (configuration or admin API), the price catalogue that ships with the product, or the provider; null when unknown. */
  priceSource: valueSourceSchema.nullable(),
  contextSource: valueSourceSchema.nullable(),
  /** Null: not declared, so every chat feature is assumed. A list is exact for operations and features it names. */
  capabilities: z.array(capabilitySchema).nullable(),
  expectedLatencyMs: z.number().positive().nullable(),
  /** Tool names as this model knows them, to the names clients use. */
  toolNameMap: z.record(z.string(), z.string()),
  /** The model writes thoughts and tool calls as Gemma-4 tokens into its text. */
  gemma4Output: z.boolean(),
  /** For gateways; workers have no use for it. Null and absent: nothing is said. */
  cache: cacheChoiceSchema.nullable().optional(),
});
export type CatalogueModel = z.infer<typeof catalogueModelSchema>;

export const aliasVariantSchema = z.object({
  modelId: z.string().min(1).max(256),
  /** Share of the requests relative to the other variants. */
  weight: z.number().positive(),
});
export type AliasVariant = z.infer<typeof aliasVariantSchema>;

/**
 * How an alias picks among its variants: `scored` lets the request's strategy choose; the others draw by weight, kept for
 * one request (`request`), for one key (`api_key`), or in turn (`round_robin`).
 */
export const aliasStickinessSchema = z.enum(["scored", "request", "api_key", "round_robin"]);
export type AliasStickiness = z.infer<typeof aliasStickinessSchema>;

export const catalogueAliasSchema = z.object({
  id: z.string().min(1).max(256),
  enabled: z.boolean(),
  stickyBy: aliasStickinessSchema,
  /** Models the alias stands for; ids that are not in the catalogue are skipped. */
  variants: z.array(aliasVariantSchema).min(1).max(64),
});
export type CatalogueAlias = z.infer<typeof catalogueAliasSchema>;

/** The snapshot that the gateway publishes and every worker reads. It never holds a credential. */
export const catalogueSchema = z.object({
  v: z.literal(1),
  /** Rises with every change. */
  version: z.number().int().nonnegative(),
  providers: z.array(catalogueProviderSchema),
  models: z.array(catalogueModelSchema),
  aliases: z.array(catalogueAliasSchema),
});
export type Catalogue = z.infer<typeof catalogueSchema>;

/** Every capability of a model that declares none: all features, on the `chat` operation and text completion. */
export const undeclaredCapabilities: readonly Capability[] = [
  "chat",
  "completion",
  "tools",
  "images",
  "structured_output",
  "reasoning",
  "streaming",
];
