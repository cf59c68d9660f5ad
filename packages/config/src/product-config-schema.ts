import { z } from "zod";
import { authModes, logLevels, routingModeNames, strategyNames } from "./product-config.ts";

/**
 * The raw forms of a configuration file: the keys of generation C (YAML), of generation B (JSON) and our own, side by
 * side. Every message continues a sentence that begins with the path, e.g. `models[2].weight must be ...`.
 */

/** An empty value counts as not stated, as an empty variable does. */
const text = z
  .string({ error: "must be text; put the value in quotes" })
  .nullish()
  .transform((value) => value?.trim() || null);
const flag = z.boolean({ error: "must be true or false, without quotes" }).nullish();
const environmentName = text.refine((value) => value === null || /^[A-Za-z_][A-Za-z0-9_]*$/.test(value), {
  error: "must be the name of an environment variable such as OPENAI_API_KEY, not the key itself",
});

function amount(error: string, { max = Number.MAX_SAFE_INTEGER }: { readonly max?: number } = {}) {
  return z.number({ error }).min(0, { error }).max(max, { error }).nullish();
}
function wholeNumber(
  error: string,
  { min, max = Number.MAX_SAFE_INTEGER }: { readonly min: number; readonly max?: number },
) {
  return z.int({ error }).min(min, { error }).max(max, { error }).nullish();
}
function choice<const Choices extends readonly [string, ...string[]]>(choices: Choices) {
  return z.preprocess(
    (value) => (value === "" ? null : value),
    z.enum(choices, { error: `must be one of ${choices.join(", ")}` }).nullish(),
  );
}
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: "must be a section with keys of its own" }).nullish();
}
function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: "must be a list" }).nullish();
}
/** Null: a list entry that is not a section gets the sentence about its form. */
const entry = { error: "must be a section with keys of its own" };

const scalarText = z
  .union([z.string(), z.number(), z.boolean()], { error: "must be text, a number, true or false" })
  .transform(String);

const duration = {
  error: "must be a number of milliseconds of 1 or more, or a duration such as 20s",
};
const durationMs = z
  .union([z.int(duration).min(1, duration), z.string(duration).min(1, duration)], duration)
  .nullish();

const target = {
  error: "must be a model id, a list of model ids, or a section with variants, sticky_by and enabled",
};
const variant = { error: "must be a section with model_id and a weight above 0" };
const aliasForm = z.union(
  [
    z.string(target).min(1, target),
    z.array(z.string(target).min(1, target), target).min(1, target),
    z.strictObject({
      variants: z
        .array(
          z.strictObject(
            {
              model_id: z.string(variant).min(1, variant),
              weight: z.number(variant).positive(variant).default(1),
            },
            variant,
          ),
        )
        .min(1),
      sticky_by: z.enum(["", "scored", "request", "api_key", "round_robin"]).default(""),
      enabled: z.boolean().default(true),
    }),
  ],
  target,
);

export const providerFormSchema = z.strictObject(
  {
    id: text,
    name: text,
    type: text,
    enabled: flag,
    credential_source: choice(["env", "escrow", "none"]),
    env_key_name: environmentName,
    api_key_env: environmentName,
    api_key: text,
    base_url: text,
    endpoints: list(z.string({ error: "must be a URL" })),
    timeout_ms: durationMs,
    concurrency: wholeNumber("must be a whole number from 1 to 10000", { min: 1, max: 10_000 }),
    rate_limit: section({
      requests_per_minute: amount("must be a number above 0"),
      tokens_per_minute: amount("must be a number above 0"),
    }),
    headers: z
      .record(z.string(), scalarText, { error: "must be a section of header names and values" })
      .nullish(),
    options: z.record(z.string(), scalarText, { error: "must be a section of names and values" }).nullish(),
  },
  entry,
);
export type ProviderForm = z.infer<typeof providerFormSchema>;

const price = "must be a number of US dollars of 0 or more";
const context = "must be a whole number of tokens of 0 or more (0 = unlimited)";

export const modelFormSchema = z.strictObject(
  {
    id: text,
    name: text,
    provider: text,
    provider_id: text,
    enabled: flag,
    weight: amount("must be a number of 0 or more"),
    context_size: wholeNumber(context, { min: 0 }),
    max_context_tokens: wholeNumber(context, { min: 0 }),
    max_output_tokens: wholeNumber("must be a whole number of tokens of 1 or more", { min: 1 }),
    cost_per_1k: amount(price),
    pricing: section({ input_per_1k: amount(price), output_per_1k: amount(price) }),
    capabilities: list(z.string({ error: "must be the name of a capability" })),
    expected_latency_ms: durationMs,
    tool_name_map: z
      .record(z.string(), z.string(), {
        error: "must be a section of the model's tool names, each with the name that clients use",
      })
      .nullish(),
    gemma4_output: flag,
    cache: z
      .union([z.enum(["on", "off", ""]), z.boolean()], { error: "must be on or off" })
      .nullish()
      .transform((value) => (typeof value === "boolean" ? (value ? "on" : "off") : value || null)),
    cache_ttl: durationMs,
  },
  entry,
);
export type ModelForm = z.infer<typeof modelFormSchema>;

export const fileFormSchema = z.strictObject(
  {
    listen_addr: text,
    log_level: z.preprocess(
      (value) => (typeof value === "string" ? value.trim().toLowerCase() : value),
      choice(logLevels),
    ),
    server: section({
      host: text,
      port: wholeNumber("must be a whole number from 0 to 65535", { min: 0, max: 65_535 }),
    }),
    db: section({ dsn: text }),
    auth: section({
      mode: choice(authModes),
      api_keys: list(z.string({ error: "must be text" }).trim().min(1, { error: "must not be empty" })),
    }),
    limits: section({
      max_body_bytes: wholeNumber("must be a whole number of bytes of 1024 or more", { min: 1_024 }),
      sync_wait_ms: durationMs,
    }),
    routing: section({
      default_strategy: choice(strategyNames),
      exploration_temperature: amount("must be a number of 0 or more"),
      exploration_share: amount("must be a number from 0 to 1", { max: 1 }),
      default_mode: choice(routingModeNames),
      default_max_budget_usd: amount(price),
      default_max_latency_ms: durationMs,
      max_retries: wholeNumber("must be a whole number from 0 to 100", { min: 0, max: 100 }),
      retry_backoff_ms: durationMs,
    }),
    vault: section({
      enabled: flag,
      key_derivation: choice(["argon2id", "scrypt"]),
      cipher: choice(["aes-256-gcm"]),
      lock_on_start: flag,
      auto_lock: durationMs,
      encryption_key_env: environmentName,
      stored_keys: z
        .record(z.string(), z.string({ error: "must be text" }), {
          error: "must be a section of names and sealed values",
        })
        .nullish(),
    }),
    encryption_key: text,
    custom_providers: list(
      z.strictObject(
        { name: text, module: z.string({ error: "must be the path of a module" }).min(1) },
        { error: "must be a section with module and, where the module does not say it, name" },
      ),
    ),
    providers: list(providerFormSchema),
    models: list(modelFormSchema),
    aliases: z
      .record(z.string(), aliasForm, {
        error: "must be a section of alias names, each with a list of model ids",
      })
      .nullish(),
  },
  { error: "must be a section with keys such as providers and models" },
);
export type FileForm = z.infer<typeof fileFormSchema>;
