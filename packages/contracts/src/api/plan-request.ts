import { z } from "zod";
import { nativeRequestSchema } from "./native-chat-request.ts";
import { orchestrationRequestSchema } from "./orchestration-request.ts";

/** Body of `POST /v1/plan`. */
export const planRequestSchema = z
  .looseObject({
    request: nativeRequestSchema,
    orchestration: orchestrationRequestSchema.nullish(),
    capabilities: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).nullish(),
    policy: z.record(z.string(), z.unknown()).nullish(),
    output_format: z.record(z.string(), z.unknown()).nullish(),
    include_decision: z.boolean().nullish(),
  })
  .meta({ id: "PlanRequest" });
