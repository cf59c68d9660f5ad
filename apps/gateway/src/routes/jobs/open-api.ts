import {
  jobListQuerySchema,
  jobListSchema,
  publicJobSchema,
  submitJobRequestSchema,
} from "@tokenhub/contracts/api";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";

const tags = ["Jobs"];
const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const job = (description: string) => ({ description, content: json(publicJobSchema) });
const path = z.object({ id: z.string().meta({ description: "Id of a job." }) });
const none = { description: "There is none." };

/** The paths of jobs, for the reference. */
export const jobPaths: ZodOpenApiPathsObject = {
  "/v1/jobs": {
    post: {
      summary: "Submit a request as a job",
      description:
        "The request is checked by its endpoint, and in the database before it is answered. Any generation endpoint accepts itself as a job, too, with the header `Prefer: respond-async`.",
      tags,
      requestBody: { required: true, content: json(submitJobRequestSchema) },
      responses: {
        "202": job("The job as it was accepted; `location` says where to look."),
        "4XX": {
          description: "A fault of the request, as its endpoint would answer it; nothing was accepted.",
        },
      },
    },
    get: {
      summary: "List jobs, newest first",
      tags,
      requestParams: { query: jobListQuerySchema },
      responses: { "200": { description: "A page of them, without results.", content: json(jobListSchema) } },
    },
  },
  "/v1/jobs/{id}": {
    get: {
      summary: "Get a job, with its result when it has ended",
      tags,
      requestParams: {
        path,
        query: z.object({
          wait: z.coerce.number().int().min(0).max(120).optional().meta({
            description: "Seconds that the answer may be held back for the job's end.",
          }),
        }),
      },
      responses: { "200": job("The job as it stands."), "404": none },
    },
    delete: {
      summary: "Delete a job that has ended, and its result",
      tags,
      requestParams: { path },
      responses: {
        "200": {
          description: "It is gone.",
          content: json(
            z.object({ id: z.string(), object: z.literal("job.deleted"), deleted: z.literal(true) }),
          ),
        },
        "404": none,
        "409": { description: "It has not ended; cancel it first." },
      },
    },
  },
  "/v1/jobs/{id}/cancel": {
    post: {
      summary: "Cancel a job",
      tags,
      requestParams: { path },
      responses: {
        "200": job("The job at its end; one that had ended stays as it was."),
        "202": job("The job is being cancelled."),
        "404": none,
      },
    },
  },
  "/v1/jobs/{id}/events": {
    get: {
      summary: "Follow a job",
      tags,
      requestParams: {
        path,
        query: z.object({
          after: z.string().optional().meta({ description: "Id of the last event seen." }),
        }),
        header: z.object({
          "last-event-id": z.string().optional().meta({ description: "The same; wins over `after`." }),
        }),
      },
      responses: {
        "200": {
          description: "The events, from the start or behind `after`.",
          content: {
            "text/event-stream": {
              schema: z.string().meta({
                description:
                  "`accepted`, `started`, of a stream `output` for each of its events, and `ended` with the job and its result; each `id` is a place to resume behind.",
              }),
            },
          },
        },
        "404": none,
      },
    },
  },
};
