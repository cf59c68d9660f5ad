import { TokenHubError } from "@tokenhub/contracts";
import type { StoredBatch } from "@tokenhub/persistence";
import { Router, type Request, type RequestHandler } from "express";
import type { Caller } from "../../admission/caller.ts";
import { admitCaller } from "../../batches/admit-caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { cancelBatch } from "../../batches/cancel-batch.ts";
import { requireBatch } from "../../batches/find-own.ts";
import { presentMessageBatch } from "../../batches/present-batch.ts";
import { sendFile } from "../../batches/send-file.ts";
import { allowOnly } from "../../http/error-handler.ts";
import { readBaseUrl } from "../docs/read-base-url.ts";
import { createMessageBatch } from "./create-message-batch.ts";
import { listMessageBatches } from "./list-message-batches.ts";

const path = "/v1/messages/batches";
const surface = "anthropic";

/** Message batches of the Anthropic API, over any configured provider. Mounted at the root. */
export function messageBatchRoutes(deps: BatchDeps): Router {
  const router = Router({ caseSensitive: true });
  router.route(path).post(create(deps)).get(list(deps)).all(allowOnly("GET", "POST"));
  router.route(`${path}/:id`).get(show(deps)).delete(remove(deps)).all(allowOnly("GET", "DELETE"));
  router.route(`${path}/:id/cancel`).post(cancel(deps)).all(allowOnly("POST"));
  router.route(`${path}/:id/results`).get(results(deps)).all(allowOnly("GET"));
  return router;
}

function create(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const batchId = await createMessageBatch(deps, { request, response, caller });
    const batch = await requireBatch(deps, { caller, batchId, surface });
    response.json(presented(deps, { request, batch }));
  };
}

function list(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const { page, hasMore } = await listMessageBatches(deps, { caller, query: request.query });
    response.json({
      data: page.map((batch) => presented(deps, { request, batch })),
      has_more: hasMore,
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
    });
  };
}

function show(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    response.json(presented(deps, { request, batch: await found(deps, { caller, request }) }));
  };
}

function cancel(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const batch = await cancelBatch(deps, await found(deps, { caller, request }));
    response.json(presented(deps, { request, batch }));
  };
}

function remove(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const batch = await found(deps, { caller, request });
    if (!(await deps.batches.remove(batch.id)))
      throw new TokenHubError(
        "conflict",
        "The batch has not ended. Cancel it, wait until it has ended, and delete it then.",
      );
    for (const fileId of [batch.outputFileId, batch.inputFileId])
      if (fileId !== null) await deps.files.remove(fileId);
    response.json({ id: batch.id, type: "message_batch_deleted" });
  };
}

function results(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const batch = await found(deps, { caller, request });
    if (batch.finishedAtMs === null)
      throw new TokenHubError(
        "conflict",
        "The batch has not ended. Its results are there when its `processing_status` is `ended`.",
      );
    const file = await deps.files.get(batch.outputFileId ?? "", { nowMs: deps.now() });
    if (file === null)
      throw new TokenHubError("not_found", "The results of this batch are not kept any more.");
    await sendFile(deps, { request, response, file, contentType: "application/x-jsonl" });
  };
}

function presented(
  { now }: BatchDeps,
  { request, batch }: { readonly request: Request; readonly batch: StoredBatch },
) {
  return presentMessageBatch(batch, { baseUrl: readBaseUrl(request), nowMs: now() });
}

function found(deps: BatchDeps, { caller, request }: { readonly caller: Caller; readonly request: Request }) {
  return requireBatch(deps, { caller, batchId: String(request.params["id"]), surface });
}
