import { idFrom, TokenHubError } from "@tokenhub/contracts";
import { createBatchRequestSchema } from "@tokenhub/contracts/api";
import type { NewBatch } from "@tokenhub/persistence";
import type { Request, Response } from "express";
import { randomUUID } from "node:crypto";
import type { Caller } from "../../admission/caller.ts";
import { refuseSurplus, requireBudget } from "../../batches/admit-caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { batchEndpoints, batchLimits } from "../../batches/batch-limits.ts";
import { requireFile } from "../../batches/find-own.ts";
import { requestIdOf } from "../../http/assign-request-id.ts";
import { parseJsonObject } from "../../http/parse-json-object.ts";
import { readBodyText } from "../../http/read-body.ts";
import { requireJson } from "../../http/require-json.ts";
import { validateBody } from "../../http/validate-body.ts";
import { keptHeaders } from "../../jobs/kept-headers.ts";

const bodyBytes = 65_536;

/**
 * Accepts a batch: when it resolves, the batch is in the database, and its input is going to be checked.
 * @returns its id.
 * @throws TokenHubError `invalid_request`, `insufficient_scope`, `not_found` (the file), `budget_exceeded`, `rate_limited`
 */
export async function createBatch(
  deps: BatchDeps,
  {
    request,
    response,
    caller,
  }: { readonly request: Request; readonly response: Response; readonly caller: Caller },
): Promise<string> {
  requireJson(request);
  const body = parseJsonObject(await readBodyText(request, { response, limitBytes: bodyBytes }));
  validateBody(createBatchRequestSchema, body);
  const asked = createBatchRequestSchema.parse(body);
  deps.admission.requireScope(caller, batchEndpoints[asked.endpoint]);
  const fileId = asked.input_file_id;
  const file = await requireFile(deps, { caller, fileId, param: "input_file_id" });
  if (file.purpose !== "batch")
    throw new TokenHubError(
      "invalid_request",
      `The input file has the purpose ${file.purpose}. Upload it with the purpose batch.`,
      { param: "input_file_id" },
    );
  await requireBudget(deps, { caller, requestId: requestIdOf(response) });
  const createdAtMs = deps.now();
  const batch: NewBatch = {
    id: idFrom("batch", randomUUID()),
    surface: "openai",
    tenantId: caller.tenantId,
    projectId: caller.projectId,
    keyId: caller.keyId,
    endpoint: asked.endpoint,
    inputFileId: file.id,
    completionWindow: asked.completion_window,
    outputExpiresAfterMs:
      asked.output_expires_after === undefined ? null : asked.output_expires_after.seconds * 1_000,
    metadata: asked.metadata ?? null,
    headers: keptHeaders(request.headers),
    model: null,
    owner: deps.gatewayId,
    state: "validating",
    total: 0,
    createdAtMs,
    inProgressAtMs: null,
    expiresAtMs: createdAtMs + batchLimits.windowMs,
  };
  const mostOpen = batchLimits.openBatches;
  if (!(await deps.batches.insert(batch, { mostOpen }))) refuseSurplus(mostOpen);
  deps.service.wake();
  return batch.id;
}
