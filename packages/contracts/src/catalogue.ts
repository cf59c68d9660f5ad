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
});
export type CatalogueProvider = z.infer<typeof catalogueProviderSchema>;

/** Price in US dollars per 1,000 tokens. Unknown prices are null, never 0. */
export const priceSchema = z.object({
  inputPer1kUsd: z.number().nonnegative(),
  outputPer1kUsd: z.number().nonnegative(),
});
export type Price = z.infer<typeof priceSchema>;

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
  /** Null: not declared, so every chat feature is assumed. A list is exact for operations and features it names. */
  capabilities: z.array(capabilitySchema).nullable(),
  expectedLatencyMs: z.number().positive().nullable(),
});
export type CatalogueModel = z.infer<typeof catalogueModelSchema>;

export const catalogueAliasSchema = z.object({
  id: z.string().min(1).max(256),
  /** Model ids the alias stands for; all must exist. */
  modelIds: z.array(z.string().min(1)).min(1),
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
