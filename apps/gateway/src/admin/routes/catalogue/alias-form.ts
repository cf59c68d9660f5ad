import { z } from "zod";
import { storedMetaShape } from "./stored-meta.ts";

export const aliasName = z
  .string()
  .min(1)
  .max(256)
  .regex(
    /^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u,
    "must not begin or end with a blank nor hold control characters",
  );

const variants = z
  .array(
    z.strictObject({
      model_id: z.string().min(1).max(256),
      weight: z.number().positive().default(1).meta({ description: "Share of the requests." }),
    }),
  )
  .min(1)
  .max(64)
  .refine(
    (list) => new Set(list.map(({ model_id }) => model_id)).size === list.length,
    "names a model more than once",
  );

const aliasFields = {
  enabled: z.boolean().optional(),
  sticky_by: z.enum(["", "scored", "request", "api_key", "round_robin"]).optional().meta({
    description:
      "How a variant is picked: `scored` by the request's strategy; by weight for each `request` (also when empty), for each `api_key`, or in turn.",
  }),
};

export const createAliasSchema = z
  .strictObject({ name: aliasName, variants, ...aliasFields })
  .meta({ id: "AliasToCreate" });
export const replaceAliasSchema = z
  .strictObject({ name: aliasName.optional(), variants, ...aliasFields, ...storedMetaShape })
  .meta({ id: "AliasToReplace" });
export const patchAliasSchema = z
  .strictObject({ variants: variants.optional(), ...aliasFields })
  .meta({ id: "AliasChange" });

/** The fields that any of the forms may state. */
export type AliasForm = z.infer<typeof patchAliasSchema>;
