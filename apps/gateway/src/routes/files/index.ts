import { TokenHubError } from "@tokenhub/contracts";
import { fileListQuerySchema } from "@tokenhub/contracts/api";
import { Router, type Request, type RequestHandler } from "express";
import { admitCaller, ownFilters } from "../../batches/admit-caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { batchLimits } from "../../batches/batch-limits.ts";
import { requireFile } from "../../batches/find-own.ts";
import { presentFile } from "../../batches/present-batch.ts";
import { cutPage, readQuery } from "../../batches/read-query.ts";
import { sendFile } from "../../batches/send-file.ts";
import { allowOnly } from "../../http/error-handler.ts";
import { uploadFile } from "./upload-file.ts";

const path = "/v1/files";
const longestPage = 1_000;

/** Files of the OpenAI API: inputs and results of batches. Mounted at the root. */
export function fileRoutes(deps: BatchDeps): Router {
  const router = Router({ caseSensitive: true });
  router.route(path).post(upload(deps)).get(list(deps)).all(allowOnly("GET", "POST"));
  router.route(`${path}/:id`).get(show(deps)).delete(remove(deps)).all(allowOnly("GET", "DELETE"));
  router.route(`${path}/:id/content`).get(content(deps)).all(allowOnly("GET"));
  return router;
}

function upload(deps: BatchDeps): RequestHandler {
  let running = 0;
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    if (running >= batchLimits.uploadsAtOnce)
      throw new TokenHubError("overloaded", "Too many files are uploaded just now. Try again in a moment.", {
        retryAfterMs: 2_000,
      });
    running += 1;
    try {
      response.json(presentFile(await uploadFile(deps, { request, response, caller })));
    } finally {
      running -= 1;
    }
  };
}

function list(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const query = readQuery(fileListQuerySchema, request.query);
    const limit = Math.min(query.limit, longestPage);
    const after =
      query.after === undefined
        ? null
        : await requireFile(deps, { caller, fileId: query.after, param: "after" });
    const rows = await deps.files.page({
      filters: { ...ownFilters(caller), purpose: query.purpose },
      limit: limit + 1,
      after,
      direction: query.order,
      nowMs: deps.now(),
    });
    const { page, hasMore } = cutPage(rows, limit);
    response.json({
      object: "list",
      data: page.map(presentFile),
      first_id: page[0]?.id ?? null,
      last_id: page.at(-1)?.id ?? null,
      has_more: hasMore,
    });
  };
}

function show(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    response.json(presentFile(await requireFile(deps, { caller, fileId: idOf(request) })));
  };
}

function content(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const file = await requireFile(deps, { caller, fileId: idOf(request) });
    await sendFile(deps, { request, response, file, contentType: "application/octet-stream" });
  };
}

function remove(deps: BatchDeps): RequestHandler {
  return async (request, response) => {
    const caller = await admitCaller(deps, request);
    const { id } = await requireFile(deps, { caller, fileId: idOf(request) });
    if (await deps.batches.isInputInUse(id))
      throw new TokenHubError(
        "conflict",
        "A batch that has not ended reads this file. Wait for its end, or cancel it, and delete the file then.",
      );
    await deps.files.remove(id);
    response.json({ id, object: "file", deleted: true });
  };
}

function idOf(request: Request): string {
  return String(request.params["id"]);
}
