import { TokenHubError } from "@tokenhub/contracts";
import type { ApiKey, CacheChoice } from "@tokenhub/persistence";
import { z } from "zod";
import { scopesSchema } from "../../../access/scopes.ts";
import { cacheChoiceFields, cacheChoiceFrom } from "../../../cache/cache-choice-form.ts";
import {
  budgetField,
  durationField,
  nameField,
  nanoUsdOf,
  rateField,
  timeField,
  truthQuery,
} from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";
import { concurrencyField } from "../tenants/concurrency-field.ts";

const maxModels = 1_000;
const maxRotationDays = 3_650;
const maxGraceMs = 90 * 86_400_000;
/** The last time a date can name. */
const maxTimeMs = 8_640_000_000_000_000;

const fields = {
  name: nameField,
  tenant_id: z.string().min(1).max(128),
  project_id: z.string().min(1).max(128).nullable(),
  scopes: scopesSchema,
  allowed_models: z
    .array(z.string().min(1).max(256))
    .min(1, "name at least one model or alias, or send null for all")
    .max(maxModels)
    .nullable()
    .meta({ description: "Models and aliases the key may name; null: all." }),
  expires_in: durationField,
  expires_at: timeField.nullable(),
  rotation_days: z
    .int()
    .min(0)
    .max(maxRotationDays)
    .nullable()
    .meta({ description: "The key is refused when it was not rotated for so many days; 0 or null: never." }),
  monthly_budget_usd: budgetField,
  rate_limit_rps: rateField,
  max_concurrent_requests: concurrencyField,
  ...cacheChoiceFields,
  enabled: z.boolean(),
};

const { name, ...optional } = fields;
/** A whole key, to create or replace one. */
export const keyBodySchema = z.strictObject({ name, ...z.object(optional).partial().shape });
/** Some of it; what is absent stays. */
export const keyPatchSchema = z.strictObject(fields).partial();
export type KeyBody = z.infer<typeof keyBodySchema>;
export type KeyPatch = z.infer<typeof keyPatchSchema>;

export const rotationSchema = z.strictObject({
  grace_period: durationField
    .refine((graceMs) => graceMs <= maxGraceMs, "at most 2160h")
    .optional()
    .meta({ description: "How long the old secret works on; absent: not at all." }),
});
export type RotationBody = z.infer<typeof rotationSchema>;

export const keyQuerySchema = z.object({
  ...pageQueryShape,
  tenant_id: z.string().max(128).optional(),
  project_id: z
    .string()
    .max(128)
    .transform((id) => (id === "" ? null : id))
    .optional()
    .meta({ description: "Empty: keys without a project." }),
  enabled: truthQuery.optional(),
  q: z.string().max(200).optional().meta({ description: "Part of the id, the name or the prefix." }),
  sort: z.enum(["id", "name", "created_at", "last_used_at", "expires_at"]).default("created_at"),
  order: z.enum(["asc", "desc"]).default("desc"),
});
export type KeyQuery = z.infer<typeof keyQuerySchema>;

/** What a key may be changed in. */
export type KeySettings = Pick<
  ApiKey,
  | "name"
  | "projectId"
  | "scopes"
  | "allowedModelIds"
  | "expiresAtMs"
  | "rotationDays"
  | "enabled"
  | "monthlyBudgetNanoUsd"
  | "rateLimitRps"
  | "maxConcurrentRequests"
  | "cache"
>;

/** Settings of a key whose body names no others: it may chat and plan, and has no limits of its own. */
export const defaultSettings: Omit<KeySettings, "name"> = {
  projectId: null,
  scopes: ["chat", "plan"],
  allowedModelIds: null,
  expiresAtMs: null,
  rotationDays: null,
  enabled: true,
  monthlyBudgetNanoUsd: null,
  rateLimitRps: null,
  maxConcurrentRequests: null,
  cache: null,
};

/**
 * The settings that a body states.
 * @param present what the key says about keeping answers now, of which a body may state a part.
 * @throws TokenHubError `invalid_request` for an end of validity that is stated twice or over already, and for a time of
 * keeping answers without their being kept.
 */
export function statedSettings(
  body: KeyPatch,
  { nowMs, present }: { readonly nowMs: number; readonly present: CacheChoice | null },
): Partial<KeySettings> {
  const expiresAtMs = readExpiry(body, nowMs);
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.project_id === undefined ? {} : { projectId: body.project_id }),
    ...(body.scopes === undefined ? {} : { scopes: body.scopes }),
    ...(body.allowed_models === undefined ? {} : { allowedModelIds: distinct(body.allowed_models) }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(body.rotation_days === undefined ? {} : { rotationDays: body.rotation_days || null }),
    ...(body.enabled === undefined ? {} : { enabled: body.enabled }),
    ...(body.monthly_budget_usd === undefined
      ? {}
      : { monthlyBudgetNanoUsd: nanoUsdOf(body.monthly_budget_usd) }),
    ...(body.rate_limit_rps === undefined ? {} : { rateLimitRps: body.rate_limit_rps || null }),
    ...(body.max_concurrent_requests === undefined
      ? {}
      : { maxConcurrentRequests: body.max_concurrent_requests || null }),
    ...(body.cache === undefined && body.cache_ttl_seconds === undefined
      ? {}
      : { cache: cacheChoiceFrom(body, present) }),
  };
}

function readExpiry(body: KeyPatch, nowMs: number): number | null | undefined {
  const { expires_in: expiresInMs, expires_at: expiresAtMs } = body;
  if (expiresInMs !== undefined && expiresAtMs !== undefined)
    throw new TokenHubError("invalid_request", "Send either `expires_in` or `expires_at`, not both.", {
      param: "expires_at",
    });
  const timeMs = expiresInMs === undefined ? expiresAtMs : nowMs + expiresInMs;
  if (timeMs === undefined || timeMs === null) return timeMs;
  if (timeMs > nowMs && timeMs <= maxTimeMs) return timeMs;
  const param = expiresInMs === undefined ? "expires_at" : "expires_in";
  throw new TokenHubError("invalid_request", `\`${param}\` must name a time in the future.`, { param });
}

function distinct(models: readonly string[] | null): string[] | null {
  return models === null ? null : [...new Set(models)];
}
