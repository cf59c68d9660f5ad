import { TokenHubError } from "@tokenhub/contracts";
import type { StoredBatch, StoredFile } from "@tokenhub/persistence";
import type { Caller } from "../admission/caller.ts";
import { owns } from "./admit-caller.ts";
import type { BatchDeps } from "./batch-deps.ts";
import type { BatchSurface } from "./read-batch-line.ts";

/** @throws TokenHubError `not_found`, also for files of others and for internal ones */
export async function requireFile(
  { files, now }: Pick<BatchDeps, "files" | "now">,
  {
    caller,
    fileId,
    param = null,
  }: { readonly caller: Caller; readonly fileId: string; readonly param?: string | null },
): Promise<StoredFile> {
  const file = await files.get(fileId, { nowMs: now() });
  if (file === null || file.isInternal || !owns(caller, file))
    throw new TokenHubError("not_found", "There is no file of this id. GET /v1/files lists yours.", {
      param,
    });
  return file;
}

/** @throws TokenHubError `not_found`, also for batches of others and of the other API */
export async function requireBatch(
  { batches }: Pick<BatchDeps, "batches">,
  {
    caller,
    batchId,
    surface,
  }: { readonly caller: Caller; readonly batchId: string; readonly surface: BatchSurface },
): Promise<StoredBatch> {
  const batch = await batches.get(batchId);
  if (batch === null || batch.surface !== surface || !owns(caller, batch)) {
    const path = surface === "openai" ? "/v1/batches" : "/v1/messages/batches";
    throw new TokenHubError("not_found", `There is no batch of this id. GET ${path} lists yours.`);
  }
  return batch;
}
