import { z } from "zod";

/** How long something is kept, from its creation on. */
export const expiresAfterSchema = z.strictObject({
  anchor: z.literal("created_at"),
  seconds: z.int().min(3_600).max(2_592_000),
});

/** Purposes that a file may be uploaded for. */
export const uploadPurposes = ["batch", "user_data"] as const;

/** A file of the OpenAI API, without its bytes. Times are Unix seconds. */
export const fileObjectSchema = z
  .object({
    id: z.string(),
    object: z.literal("file"),
    bytes: z.int(),
    created_at: z.int(),
    expires_at: z.int().optional(),
    filename: z.string(),
    purpose: z.enum([...uploadPurposes, "batch_output"]),
    status: z.literal("processed"),
  })
  .meta({ id: "File" });
export type FileObject = z.infer<typeof fileObjectSchema>;

/** Query of `GET /v1/files`. */
export const fileListQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000).meta({
    description: "A page has 1,000 files at most.",
  }),
  after: z.string().optional().meta({ description: "Id of the last file of the page before." }),
  order: z.enum(["asc", "desc"]).default("desc"),
  purpose: z.string().max(64).optional(),
});

/** A page of a list whose next one begins behind its last member. */
export const fileListSchema = z
  .object({
    object: z.literal("list"),
    data: z.array(fileObjectSchema),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  })
  .meta({ id: "FileList" });
