import {
  createBatchLines,
  readFileBytes,
  type EndedLine,
  type LineAnswer,
  type StoredBatch,
} from "@tokenhub/persistence";
import { setImmediate as nextTurn } from "node:timers/promises";
import { lineIdsOf } from "./batch-ids.ts";
import { createRecordSplitter, readRecords } from "./file-record.ts";
import { customIdOf } from "./read-batch-line.ts";
import { createResultFile, type ResultFileDeps } from "./result-file.ts";
import { anthropicResultLine, openAiResultLine, type LineResult } from "./result-lines.ts";

export interface WriteResultsDeps extends ResultFileDeps {
  /** Of one line of an input. */
  readonly lineBytes: number;
}

export interface WrittenResults {
  readonly outputBytes: number;
  readonly errorBytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const linesPerPage = 500;
/** Of answers that are held at once. */
const answerBytesAtOnce = 1_048_576;

/** Writes how every line of a batch has ended, in the order of the input; nobody sees the files yet. */
export async function writeResults(deps: WriteResultsDeps, batch: StoredBatch): Promise<WrittenResults> {
  const output = createResultFile(deps, batch, "output");
  const errors = createResultFile(deps, batch, "errors");
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
  { db }: WriteResultsDeps,
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
  { db, lineBytes }: WriteResultsDeps,
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
