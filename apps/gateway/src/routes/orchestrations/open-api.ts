import {
  orchestrationListQuerySchema,
  orchestrationListSchema,
  startOrchestrationRequestSchema,
} from "@tokenhub/contracts/api";
import { runReportSchema } from "@tokenhub/orchestration";
import { z } from "zod";
import type { ZodOpenApiPathsObject } from "zod-openapi";

const tags = ["Orchestrations"];
const json = (schema: z.ZodType) => ({ "application/json": { schema } });
const report = (description: string) => ({ description, content: json(runReportSchema) });
const events = {
  "text/event-stream": {
    schema: z.string().meta({
      description:
        "`phase_started`, `delta`, `phase_finished`, `decision`, `retried`, `done`, and `interrupted` for a stream that ends before its run; each `id` is a place to resume behind.",
    }),
  },
};
const path = z.object({ id: z.string().meta({ description: "Id of a run." }) });

/** The paths of the native door, for the reference. */
export const orchestrationPaths: ZodOpenApiPathsObject = {
  "/v1/orchestrations": {
    post: {
      summary: "Run an orchestration",
      tags,
      requestParams: {
        header: z.object({
          prefer: z
            .string()
            .optional()
            .meta({ description: "`respond-async`: the same as `background: true`." }),
        }),
      },
      requestBody: { required: true, content: json(startOrchestrationRequestSchema) },
      responses: {
        "200": {
          description: "The run at its end; its events when `stream` is true.",
          content: { ...json(runReportSchema), ...events },
        },
        "202": report("The run as it stands: it goes on, `location` says where to look."),
        "4XX": { description: "A fault of the request; nothing was called." },
        "5XX": { description: "The run failed; `run` in the answer holds the phases that are paid for." },
      },
    },
    get: {
      summary: "List orchestrations, newest first",
      tags,
      requestParams: { query: orchestrationListQuerySchema },
      responses: { "200": { description: "A page of them.", content: json(orchestrationListSchema) } },
    },
  },
  "/v1/orchestrations/{id}": {
    get: {
      summary: "Get an orchestration",
      tags,
      requestParams: { path },
      responses: { "200": report("The run as it stands."), "404": { description: "There is none." } },
    },
  },
  "/v1/orchestrations/{id}/cancel": {
    post: {
      summary: "Cancel an orchestration",
      tags,
      requestParams: { path },
      responses: {
        "200": report("The run at its end; one that had ended stays as it was."),
        "202": report("The run is being cancelled."),
        "404": { description: "There is none." },
      },
    },
  },
  "/v1/orchestrations/{id}/events": {
    get: {
      summary: "Follow an orchestration",
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
        "200": { description: "The events, from the start or behind `after`.", content: events },
        "204": { description: "The run is over and everything was seen." },
        "404": { description: "There is none." },
      },
    },
  },
};
