import { textOf, type JsonObject } from "../json-value.ts";
import type { ResponseContext } from "../wire-format.ts";
import { responseObject } from "./response-object.ts";

/**
 * The Response as it stands before anything is generated: `queued` for a background request, else `in_progress`.
 * @param context its `model` may be empty as long as nobody knows which model will answer: the one asked for is shown
 */
export function responseEnvelopeOf(
  body: JsonObject,
  context: Pick<ResponseContext, "requestId" | "model" | "createdAtMs">,
): JsonObject {
  const model = context.model === "" ? (textOf(body["model"]) ?? "") : context.model;
  return responseObject(
    { ...context, model, requestBody: body },
    {
      status: body["background"] === true ? "queued" : "in_progress",
      output: [],
      incompleteReason: null,
      error: null,
      usage: null,
      serviceTier: null,
    },
  );
}
