import { idFrom, TokenHubError } from "@tokenhub/contracts";
import {
  createFilePieceWriter,
  readFileBytes,
  type BatchProblem,
  type NewBatch,
} from "@tokenhub/persistence";
import type { Request, Response } from "express";
import { randomUUID } from "node:crypto";
import type { Caller } from "../../admission/caller.ts";
import { refuseSurplus, requireBudget } from "../../batches/admit-caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { batchLimits } from "../../batches/batch-limits.ts";
import { requestIdOf } from "../../http/assign-request-id.ts";
import { requireJson } from "../../http/require-json.ts";
import { keptHeaders } from "../../jobs/kept-headers.ts";
import { storeBody } from "./store-body.ts";

interface Creation {
  readonly request: Request;
  readonly response: Response;
  readonly caller: Caller;
}

const endpoint = "/v1/messages";
const surface = "anthropic";

/**
 * Accepts a batch: its body is stored as it arrives and checked in a thread of its own; nothing of it is left when anything is
 * wrong with it.
 * @returns its id.
 * @throws TokenHubError `invalid_request` naming the first request that cannot be used, `body_too_large`, `insufficient_scope`,
 * `budget_exceeded`, `rate_limited`
 */
export async function createMessageBatch(deps: BatchDeps, creation: Creation): Promise<string> {
  const { request, response, caller } = creation;
  deps.admission.requireScope(caller, "chat");
  requireJson(request);
  await requireBudget(deps, { caller, requestId: requestIdOf(response) });
  const fileId = idFrom("file", randomUUID());
  try {
    await storeInput(deps, creation, fileId);
    const settings = { surface, endpoint, lineBytes: deps.lineBytes } as const;
    const verdict = await deps.checker.check(settings, readFileBytes(deps.db, fileId));
    const [problem] = verdict.problems;
    if (problem !== undefined) throw refusal(problem, verdict.problems.length);
    const batch = newBatch(deps, creation, { ...verdict, inputFileId: fileId });
    const mostOpen = batchLimits.openBatches;
    if (!(await deps.batches.insert(batch, { mostOpen }))) refuseSurplus(mostOpen);
    deps.service.wake();
    return batch.id;
  } catch (error) {
    await deps.files.remove(fileId);
    throw error;
  }
}

async function storeInput(
  { db, files, now }: BatchDeps,
  { request, response, caller }: Creation,
  id: string,
): Promise<void> {
  const createdAtMs = now();
  await files.begin({
    id,
    tenantId: caller.tenantId,
    projectId: caller.projectId,
    filename: "requests.json",
    purpose: "batch",
    isInternal: true,
    createdAtMs,
    expiresAtMs: createdAtMs + batchLimits.resultsKeptMs,
  });
  const writer = createFilePieceWriter(db, id);
  await storeBody(request, { response, limitBytes: batchLimits.fileBytes, writer });
  await files.complete(id, { bytes: writer.bytes });
}

function newBatch(
  { now, gatewayId }: BatchDeps,
  { request, caller }: Creation,
  {
    total,
    model,
    inputFileId,
  }: { readonly total: number; readonly model: string | null; readonly inputFileId: string },
): NewBatch {
  const createdAtMs = now();
  return {
    id: idFrom("messageBatch", randomUUID()),
    surface,
    tenantId: caller.tenantId,
    projectId: caller.projectId,
    keyId: caller.keyId,
    endpoint,
    inputFileId,
    completionWindow: "24h",
    outputExpiresAfterMs: null,
    metadata: null,
    headers: keptHeaders(request.headers),
    model,
    owner: gatewayId,
    state: "in_progress",
    total,
    createdAtMs,
    inProgressAtMs: createdAtMs,
    expiresAtMs: createdAtMs + batchLimits.windowMs,
  };
}

function refusal({ message, line, param }: BatchProblem, count: number): TokenHubError {
  const others = count > 1 ? ` ${count - 1} more requests have problems.` : "";
  if (line === null) return new TokenHubError("invalid_request", message + others, { param: "requests" });
  const place = `requests.${line - 1}`;
  return new TokenHubError("invalid_request", `${place}: ${message}${others}`, {
    param: param === null ? place : `${place}.${param}`,
  });
}
