import type { WebhookEvent } from "@tokenhub/contracts";
import {
  createBatchLines,
  createBatchRepository,
  createFilePieceWriter,
  createFileRepository,
  readFileBytes,
  transaction,
  type Database,
  type EndedLine,
  type FilePieceWriter,
  type LineAnswer,
  type StoredBatch,
} from "@tokenhub/persistence";
import { setImmediate as nextTurn } from "node:timers/promises";
import { eventsOfBatchEnd } from "../webhooks/batch-events.ts";
import { errorFileIdOf, lineIdsOf, outputFileIdOf } from "./batch-ids.ts";
import { batchLimits } from "./batch-limits.ts";
import { createRecordSplitter, readRecords } from "./file-record.ts";
import { outcomeOf } from "./next-step.ts";
import { customIdOf } from "./read-batch-line.ts";
import { anthropicResultLine, openAiResultLine, type LineResult } from "./result-lines.ts";

export interface FinisherDeps {
  readonly db: Database["db"];
  readonly lineBytes: number;
  readonly now: () => number;
  /** Records an event with its deliveries in the transaction that is given; gives how many deliveries wait. */
  readonly recordEvents: (begun: Database["db"], events: readonly WebhookEvent[]) => Promise<number>;
  readonly onEventsRecorded: () => void;
}

const linesPerPage = 500;
/** Of answers that are held at once. */
const answerBytesAtOnce = 1_048_576;

/**
 * Ends a batch whose lines have all ended: writes its files and then, in one transaction, shows them, ends the batch and records
 * its event. Whatever happens in between, doing it again makes the same files and the same event.
 * @returns false when another gateway was faster, or a line has not ended.
 */
export async function finishBatch(deps: FinisherDeps, batchId: string): Promise<boolean> {
  const { db, now } = deps;
  const batches = createBatchRepository(db);
  const changes = { finalizingAtMs: now() };
  await batches.move(batchId, { from: ["in_progress"], to: "finalizing", changes });
  const batch = await batches.get(batchId);
  if (batch === null || (batch.state !== "finalizing" && batch.state !== "cancelling")) return false;
  const written = await writeResults(deps, batch);
  const isEnded = await end(deps, batch, written);
  if (isEnded) await dropLeftovers(deps, batch);
  return isEnded;
}

interface WrittenResults {
  readonly outputBytes: number;
  readonly errorBytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

async function end(deps: FinisherDeps, batch: StoredBatch, written: WrittenResults): Promise<boolean> {
  const { state, counts } = outcomeOf(batch);
  const nowMs = deps.now();
  const outputFileId = written.outputBytes > 0 ? outputFileIdOf(batch.id) : null;
  const errorFileId = written.errorBytes > 0 ? errorFileIdOf(batch.id) : null;
  let deliveries = 0;
  const isEnded = await transaction(deps.db, async (begun) => {
    const { inputTokens, outputTokens } = written;
    const moved = await createBatchRepository(begun).move(batch.id, {
      from: [batch.state],
      to: state,
      changes: {
        finishedAtMs: nowMs,
        outputFileId,
        errorFileId,
        inputTokens,
        outputTokens,
        cancelled: counts.cancelled,
        expired: counts.expired,
      },
    });
    if (!moved) return false;
    const files = createFileRepository(begun);
    if (outputFileId !== null) await files.complete(outputFileId, { bytes: written.outputBytes });
    if (errorFileId !== null) await files.complete(errorFileId, { bytes: written.errorBytes });
    const { id, tenantId, projectId } = batch;
    const ended = { id, tenantId, projectId, state, finishedAtMs: nowMs };
    deliveries = await deps.recordEvents(begun, eventsOfBatchEnd(ended));
    return true;
  });
  if (deliveries > 0) deps.onEventsRecorded();
  return isEnded;
}

/** The answers are in the files now, and nobody reads the input of a message batch again. */
async function dropLeftovers({ db }: FinisherDeps, batch: StoredBatch): Promise<void> {
  await createBatchLines(db).dropAnswers(batch.id, { lastLine: batch.nextLine - 1 });
  if (batch.surface === "anthropic") await createFileRepository(db).remove(batch.inputFileId);
}

async function writeResults(deps: FinisherDeps, batch: StoredBatch): Promise<WrittenResults> {
  const output = resultFile(deps, batch, "output");
  const errors = resultFile(deps, batch, "errors");
  const write = async (result: LineResult): Promise<void> => {
    const { file, text } =
      batch.surface === "openai" ? openAiResultLine(result) : anthropicResultLine(result);
    await (file === "output" ? output : errors).write(`${text}\n`);
  };
  const missing: number[] = [];
  let expected = 1;
  let inputTokens = 0;
  let outputTokens = 0;
  for await (const { line, answer } of endedLines(deps, batch)) {
    for (; expected < line.line; expected += 1) missing.push(expected);
    expected = line.line + 1;
    inputTokens += line.inputTokens;
    outputTokens += line.outputTokens;
    await write({ ...line, answer });
  }
  for (; expected < batch.nextLine; expected += 1) missing.push(expected);
  for await (const result of linesWithoutJob(deps, batch, missing)) await write(result);
  return {
    outputBytes: await output.finish(),
    errorBytes: await errors.finish(),
    inputTokens,
    outputTokens,
  };
}

/** In the order of the input, with no more answers at once than fit into memory easily. */
async function* endedLines(
  { db }: FinisherDeps,
  batch: StoredBatch,
): AsyncGenerator<{ readonly line: EndedLine; readonly answer: LineAnswer | null }, void, undefined> {
  const lines = createBatchLines(db);
  for (let afterLine = 0; ;) {
    const page = await lines.ended({ batchId: batch.id, afterLine, limit: linesPerPage });
    for (let from = 0; from < page.length;) {
      const group = groupBehind(page, from);
      const answers = await lines.answers(group.map(({ jobId }) => jobId));
      for (const line of group) yield { line, answer: answers.get(line.jobId) ?? null };
      from += group.length;
      await nextTurn();
    }
    if (page.length < linesPerPage) return;
    afterLine = page.at(-1)?.line ?? afterLine;
  }
}

/** At least one line, and as many as their answers are not too large together. */
function groupBehind(page: readonly EndedLine[], from: number): readonly EndedLine[] {
  let size = 0;
  let to = from;
  do {
    size += page[to]?.answerBytes ?? 0;
    to += 1;
  } while (to < page.length && size < answerBytesAtOnce);
  return page.slice(from, to);
}

/** Lines that never became jobs, and such whose job somebody has deleted. */
async function* linesWithoutJob(
  { db, lineBytes }: FinisherDeps,
  batch: StoredBatch,
  deleted: readonly number[],
): AsyncGenerator<LineResult, void, undefined> {
  if (deleted.length === 0 && batch.nextLine > batch.total) return;
  const wanted = new Set(deleted);
  const fromByte = deleted.length === 0 ? batch.nextOffsetBytes : 0;
  const splitter = createRecordSplitter(batch.surface, { fromByte, limitBytes: lineBytes });
  let line = deleted.length === 0 ? batch.nextLine - 1 : 0;
  for await (const { content } of readRecords(readFileBytes(db, batch.inputFileId, { fromByte }), splitter)) {
    line += 1;
    const isDeleted = wanted.has(line);
    if (!isDeleted && line < batch.nextLine) continue;
    const rest = batch.cancellingAtMs === null ? "expired" : "cancelled";
    yield {
      ...lineIdsOf(batch.id, line),
      customId: content.kind === "text" ? customIdOf(content.text) : "",
      state: isDeleted ? "failed" : rest,
      errorCode: isDeleted ? "not_found" : null,
      errorMessage: isDeleted ? "The job of this request was deleted before the batch ended." : null,
      answer: null,
    };
  }
}

interface ResultFile {
  write(text: string): Promise<void>;
  /** Its bytes; a file without any is not there. */
  finish(): Promise<number>;
}

/** A file that begins to be when something is written to it. */
function resultFile(deps: FinisherDeps, batch: StoredBatch, kind: "output" | "errors"): ResultFile {
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
