import { createHash } from "node:crypto";
import { constants, platform, setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import type { BatchProblem } from "@tokenhub/persistence";
import { batchLimits } from "./batch-limits.ts";
import { createRecordSplitter, type FileRecord } from "./file-record.ts";
import { readBatchLine, type LineForm } from "./read-batch-line.ts";

export interface CheckSettings extends LineForm {
  /** Of one request with what is around its body. */
  readonly lineBytes: number;
}

export type CheckMessage = { readonly kind: "bytes"; readonly bytes: Uint8Array } | { readonly kind: "end" };

/** `taken` makes room for more bytes; the verdict may come before all are read. */
export type CheckAnswer = { readonly kind: "taken" } | ({ readonly kind: "verdict" } & CheckVerdict);

/** What is known of an input that was read. */
export interface CheckVerdict {
  readonly total: number;
  /** What all requests name; null when they name several. */
  readonly model: string | null;
  /** The first faults, at most a hundred and one that counts the rest; empty: it can be carried out. */
  readonly problems: readonly BatchProblem[];
}

// On Linux it is this thread's own: requests go first where there are not enough cores. Elsewhere it would be the process's.
if (platform() === "linux") setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

const settings = workerData as CheckSettings;
const splitter = createRecordSplitter(settings.surface, { fromByte: 0, limitBytes: settings.lineBytes });
/** The line in which each id was met, by a hash: the ids themselves may be long. */
const linesById = new Map<string, number>();
const problems: BatchProblem[] = [];
let unlisted = 0;
let total = 0;
let model: string | null | undefined;
let isOver = false;

parentPort?.on("message", (message: CheckMessage) => {
  if (isOver) return;
  const records = message.kind === "end" ? splitter.end() : splitter.push(message.bytes);
  for (const record of records) {
    judge(record);
    if (isOver) break;
  }
  if (isOver || message.kind === "end") tellVerdict();
  else answer({ kind: "taken" });
});

function judge({ number, content }: FileRecord): void {
  switch (content.kind) {
    case "text":
      return judgeRequest(number, content.text);
    case "too_large":
      total += 1;
      return note(number, {
        code: "line_too_large",
        message: `The request is larger than the ${settings.lineBytes} bytes that a request may have.`,
        param: null,
      });
    case "not_utf8":
      total += 1;
      return note(number, { code: "invalid_utf8", message: "The line is not valid UTF-8.", param: null });
    case "broken":
      isOver = true;
      return note(null, { code: "invalid_json", message: content.message, param: null });
  }
}

function judgeRequest(line: number, text: string): void {
  total += 1;
  if (total > batchLimits.requests) {
    isOver = true;
    return note(null, {
      code: "too_many_tasks",
      message: `A batch may have ${batchLimits.requests} requests; this one has more. Split it into several batches.`,
      param: null,
    });
  }
  const read = readBatchLine(text, settings);
  if (read.kind === "problem") return note(line, read);
  model = model === undefined || model === read.model ? read.model : null;
  const hash = createHash("sha256").update(read.customId).digest("base64").slice(0, 24);
  const first = linesById.get(hash);
  if (first === undefined) linesById.set(hash, line);
  else
    note(line, {
      code: "duplicate_custom_id",
      message: `\`custom_id\` is the same as in line ${first}. Each must be used once.`,
      param: "custom_id",
    });
}

function note(line: number | null, { code, message, param }: Omit<BatchProblem, "line">): void {
  if (problems.length >= batchLimits.keptProblems) unlisted += 1;
  else problems.push({ code, message, param, line });
}

function tellVerdict(): void {
  isOver = true;
  if (total === 0 && problems.length === 0)
    problems.push({ code: "empty_file", message: "There is no request in it.", param: null, line: null });
  const rest: BatchProblem[] =
    unlisted === 0
      ? []
      : [
          {
            code: "too_many_problems",
            message: `${unlisted} more lines have problems, which are not listed.`,
            param: null,
            line: null,
          },
        ];
  answer({ kind: "verdict", total, model: model ?? null, problems: [...problems, ...rest] });
}

function answer(message: CheckAnswer): void {
  parentPort?.postMessage(message);
}
