import { providerIdSchema } from "@tokenhub/contracts";
import { z } from "zod";
import { readOnly, storedMetaShape } from "./stored-meta.ts";

const dayMs = 86_400_000;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const credentialHeaders = new Set([
  "authorization",
  "proxy-authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "cookie",
]);

const headersSchema = z
  .record(
    z.string().regex(headerName, "is no header name"),
    z
      .string()
      .max(4_096)
      .regex(/^[^\p{Cc}]*$/u, "must have no control characters"),
  )
  .refine((headers) => Object.keys(headers).length <= 32, "has more than 32 headers")
  .refine(
    (headers) => !Object.keys(headers).some((name) => credentialHeaders.has(name.toLowerCase())),
    "holds a credential; give the key as `api_key` instead",
  )
  .nullable()
  .meta({ description: "Extra request headers; never credentials." });

const optionsSchema = z
  .record(z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, "is no option name"), z.string().max(2_000))
  .refine((options) => Object.keys(options).length <= 32, "has more than 32 options")
  .refine((options) => !("endpoints" in options), "holds `endpoints`, which is a field of its own")
  .nullable()
  .meta({ description: "Settings of the provider type, e.g. `apiVersion` for azure-openai." });

const address = z.string().trim().max(2_000);

const providerFields = {
  enabled: z.boolean().optional(),
  base_url: address.nullable().optional().meta({
    description: "With or without `/v1`; null or empty: the type's own address.",
  }),
  endpoints: z.array(address).max(32).nullable().optional().meta({
    description: "Further addresses of the same server; calls are spread over all of them.",
  }),
  credential_source: z.enum(["escrow", "env", "none"]).optional().meta({
    description:
      "`escrow`: the vault; `env`: the variables named after the provider; `none`: no key is needed.",
  }),
  cred_store: z.enum(["vault", "env", "none", ""]).optional().meta({
    description: "The older spelling of `credential_source`.",
  }),
  api_key: z.string().trim().max(8_192).nullable().optional().meta({
    description: "Sealed in the vault and never shown again; null deletes it.",
    writeOnly: true,
  }),
  timeout_ms: z.int().min(1).max(dayMs).optional().meta({ description: "Limit of a whole call." }),
  concurrency: z.int().min(1).max(10_000).optional().meta({
    description: "Calls that one worker process makes at a time.",
  }),
  rate_limit: z
    .strictObject({
      requests_per_minute: z.number().positive().nullable().optional(),
      tokens_per_minute: z.number().positive().nullable().optional(),
    })
    .nullable()
    .optional()
    .meta({ description: "What this installation asks of the provider at most." }),
  headers: headersSchema.optional(),
  options: optionsSchema.optional(),
};

const typeField = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .meta({ description: "A provider type, e.g. `openai` or `vllm`." });

/** Names that are paths of their own beside `/providers/{id}`. */
const reservedIds = new Set(["test", "validate"]);
const newId = providerIdSchema.refine(
  (id) => !reservedIds.has(id),
  "is a path of this API; choose another name",
);

export const createProviderSchema = z
  .strictObject({ id: newId, type: typeField, ...providerFields })
  .meta({ id: "ProviderToCreate" });
export const replaceProviderSchema = z
  .strictObject({
    id: providerIdSchema.optional(),
    type: typeField,
    ...providerFields,
    ...storedMetaShape,
    has_key: readOnly,
    warnings: readOnly,
  })
  .meta({ id: "ProviderToReplace" });
export const patchProviderSchema = z
  .strictObject({ type: typeField.optional(), ...providerFields })
  .meta({ id: "ProviderChange" });

/** The fields that any of the forms may state. */
export type ProviderForm = z.infer<typeof patchProviderSchema>;
