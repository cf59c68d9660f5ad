import { z } from "zod";
import { adminRoles } from "../../admin-principal.ts";
import { nameField, timeField, truthQuery } from "../../fields.ts";
import { pageQueryShape } from "../../page.ts";

/** A bearer: visible characters only, long enough not to be guessed. */
export const rotationSchema = z.object({
  token: z
    .union([
      z.literal(""),
      z
        .string()
        .min(16, "must have at least 16 characters")
        .max(512)
        .regex(/^[\x21-\x7e]*$/, "must consist of visible ASCII characters without spaces"),
    ])
    .optional(),
});
export type RotationBody = z.infer<typeof rotationSchema>;

export const tokenSchema = z.object({
  name: nameField,
  role: z.enum(adminRoles),
  expires_at: timeField.nullable().optional(),
});
export type TokenBody = z.infer<typeof tokenSchema>;

export const tokenPatchSchema = z.object({
  name: nameField.optional(),
  role: z.enum(adminRoles).optional(),
  enabled: z.boolean().optional(),
  expires_at: timeField.nullable().optional(),
});
export type TokenPatch = z.infer<typeof tokenPatchSchema>;

export const tokenQuerySchema = z.object({
  ...pageQueryShape,
  q: z.string().max(200).optional(),
  role: z.enum(adminRoles).optional(),
  enabled: truthQuery.optional(),
});
export type TokenQuery = z.infer<typeof tokenQuerySchema>;
