import {
  createFilePieceWriter,
  createFileRepository,
  type Database,
  type FilePieceWriter,
  type StoredBatch,
} from "@tokenhub/persistence";
import { errorFileIdOf, outputFileIdOf } from "./batch-ids.ts";
import { batchLimits } from "./batch-limits.ts";

export interface ResultFileDeps {
  readonly db: Database["db"];
  readonly now: () => number;
}

interface ResultFile {
  write(text: string): Promise<void>;
  /** Its bytes; a file without any is not there. */
  finish(): Promise<number>;
}

/** A file that begins to be when something is written to it. */
export function createResultFile(
  deps: ResultFileDeps,
  batch: StoredBatch,
  kind: "output" | "errors",
): ResultFile {
  let writer: FilePieceWriter | null = null;
  async function begin(): Promise<FilePieceWriter> {
    const id = kind === "output" ? outputFileIdOf(batch.id) : errorFileIdOf(batch.id);
    const createdAtMs = deps.now();
    const isOpenAi = batch.surface === "openai";
    await createFileRepository(deps.db).begin({
      id,
      tenantId: batch.tenantId,
      projectId: batch.projectId,
      filename: `${batch.id}_${kind === "output" ? "output" : "error"}.jsonl`,
      purpose: "batch_output",
      isInternal: !isOpenAi,
      createdAtMs,
      expiresAtMs: isOpenAi
        ? createdAtMs + (batch.outputExpiresAfterMs ?? batchLimits.fileKeptMs)
        : batch.createdAtMs + batchLimits.resultsKeptMs,
    });
    return createFilePieceWriter(deps.db, id);
  }
  return {
    async write(text) {
      writer ??= await begin();
      await writer.write(Buffer.from(text));
    },
    async finish() {
      await writer?.finish();
      return writer?.bytes ?? 0;
    },
  };
}
