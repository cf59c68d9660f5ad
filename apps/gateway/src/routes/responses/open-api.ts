import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";
import { inputItemsQuerySchema } from "./list-input-items.ts";

const tags = ["OpenAI"];
const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const path = z.object({ id: z.string().meta({ description: "Id of a response." }) });
const none = {
  description:
    "There is none: it was never kept, was deleted, is past its time, or belongs to somebody else.",
};

const responseSchema = z
  .looseObject({
    id: z.string(),
    object: z.literal("response"),
    status: z.enum(["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]),
    output: z.array(z.looseObject({ type: z.string() })),
    error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: "Response" });
const response = (description: string) => ({ description, content: json(responseSchema) });

/** The paths of kept responses, for the reference. */
export const responsePaths: ZodOpenApiPathsObject = {
  "/v1/responses/{id}": {
    get: {
      summary: "Get a response, or its events",
      tags,
      requestParams: {
        path,
        query: z.object({
          stream: z
            .enum(["true", "false"])
            .optional()
            .meta({ description: "`true`: the events of a stream in the background." }),
          starting_after: z.coerce
            .number()
            .pipe(z.int().min(0))
            .optional()
            .meta({ description: "`sequence_number` of the last event that was seen." }),
        }),
      },
      responses: {
        "200": {
          description: "The response as it stands; with `stream` its events, live or as they were kept.",
          content: {
            ...json(responseSchema),
            "text/event-stream": {
              schema: z
                .string()
                .meta({ description: "The events behind `starting_after`, until the last one." }),
            },
          },
        },
        "400": { description: "The response has no stream to resume." },
        "404": none,
      },
    },
    delete: {
      summary: "Delete a response that has ended",
      tags,
      requestParams: { path },
      responses: {
        "200": {
          description: "It is deleted; what continues it cannot be continued any more.",
          content: json(
            z.object({ id: z.string(), object: z.literal("response"), deleted: z.literal(true) }),
          ),
        },
        "404": none,
        "409": { description: "It has not ended." },
      },
    },
  },
  "/v1/responses/{id}/cancel": {
    post: {
      summary: "Cancel a response in the background",
      tags,
      requestParams: { path },
      responses: {
        "200": response("The response as it stands; one that had ended stays as it was."),
        "400": { description: "It does not run in the background." },
        "404": none,
      },
    },
  },
  "/v1/responses/{id}/input_items": {
    get: {
      summary: "List the input items of a response",
      tags,
      requestParams: { path, query: inputItemsQuerySchema },
      responses: {
        "200": {
          description: "A page of its own items, without those of the responses it continues.",
          content: json(
            z.looseObject({
              object: z.literal("list"),
              data: z.array(z.looseObject({ id: z.string(), type: z.string() })),
              has_more: z.boolean(),
              first_id: z.string().nullable(),
              last_id: z.string().nullable(),
            }),
          ),
        },
        "404": none,
      },
    },
  },
};
