import { idFrom, TokenHubError } from "@tokenhub/contracts";
import { expiresAfterSchema, uploadPurposes } from "@tokenhub/contracts/api";
import { createFilePieceWriter, type StoredFile } from "@tokenhub/persistence";
import type { Request, Response } from "express";
import { randomUUID } from "node:crypto";
import type { Caller } from "../../admission/caller.ts";
import type { BatchDeps } from "../../batches/batch-deps.ts";
import { batchLimits } from "../../batches/batch-limits.ts";
import { receiveUpload } from "./receive-upload.ts";

/**
 * Stores an upload piece by piece. It is there when all of it is, and nothing of it is when anything fails.
 * @throws TokenHubError see `receiveUpload`; `invalid_request` for fields that cannot be used, or when too much is stored
 */
export async function uploadFile(
  { db, files, now }: Pick<BatchDeps, "db" | "files" | "now">,
  {
    request,
    response,
    caller,
  }: { readonly request: Request; readonly response: Response; readonly caller: Caller },
): Promise<StoredFile> {
  const { tenantId, projectId } = caller;
  await requireSpace(files, tenantId);
  const id = idFrom("file", randomUUID());
  const createdAtMs = now();
  const writer = createFilePieceWriter(db, id);
  try {
    const fields = await receiveUpload(request, {
      response,
      limitBytes: batchLimits.fileBytes,
      async store(bytes, filename) {
        const begun = { id, tenantId, projectId, filename, purpose: "", isInternal: false, createdAtMs };
        await files.begin({ ...begun, expiresAtMs: null });
        for await (const chunk of bytes) await writer.write(chunk);
        await writer.finish();
      },
    });
    const purpose = readPurpose(fields.get("purpose"));
    const keptMs = readKeptMs(fields) ?? (purpose === "batch" ? batchLimits.fileKeptMs : null);
    const expiresAtMs = keptMs === null ? null : createdAtMs + keptMs;
    await files.complete(id, { bytes: writer.bytes, purpose, expiresAtMs });
  } catch (error) {
    await files.remove(id);
    throw error;
  }
  const stored = await files.get(id, { nowMs: createdAtMs });
  if (stored === null) throw new TokenHubError("not_found", "The file was deleted while it was uploaded.");
  return stored;
}

async function requireSpace(files: BatchDeps["files"], tenantId: string): Promise<void> {
  const { storedBytes } = batchLimits;
  if ((await files.storedBytes(tenantId)) < storedBytes) return;
  throw new TokenHubError(
    "invalid_request",
    `Your files take ${storedBytes} bytes, and more is not stored. Delete some with DELETE /v1/files/{id}.`,
  );
}

function readPurpose(text: string | undefined): (typeof uploadPurposes)[number] {
  const purpose = uploadPurposes.find((known) => known === text);
  if (purpose !== undefined) return purpose;
  throw new TokenHubError(
    "invalid_request",
    `\`purpose\` must be one of ${uploadPurposes.join(", ")}: TokenHub keeps files for batches and files of your own.`,
    { param: "purpose" },
  );
}

/** Milliseconds; null when nothing is stated. */
function readKeptMs(fields: ReadonlyMap<string, string>): number | null {
  const anchor = fields.get("expires_after[anchor]");
  const seconds = fields.get("expires_after[seconds]");
  if (anchor === undefined && seconds === undefined) return null;
  const parsed = expiresAfterSchema.safeParse({ anchor, seconds: Number(seconds) });
  if (parsed.success) return parsed.data.seconds * 1_000;
  throw new TokenHubError(
    "invalid_request",
    "`expires_after` must have the anchor `created_at` and 3600 to 2592000 seconds.",
    { param: "expires_after" },
  );
}
