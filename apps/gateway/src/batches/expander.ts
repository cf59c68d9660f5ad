import { TokenHubError } from "@tokenhub/contracts";
import {
  expandBatch,
  readFileBytes,
  type Database,
  type NewJob,
  type StoredBatch,
} from "@tokenhub/persistence";
import type { Budget } from "../admission/caller.ts";
import type { Reservation } from "../admission/budget-guard.ts";
import { lineIdsOf } from "./batch-ids.ts";
import { createRecordSplitter, readRecords } from "./file-record.ts";
import { readBatchLine } from "./read-batch-line.ts";

export interface ExpanderDeps {
  readonly db: Database["db"];
  readonly budgetsOf: (batch: StoredBatch) => readonly Budget[];
  /** @throws TokenHubError `budget_exceeded` when so much is not left */
  readonly reserve: (
    budgets: readonly Budget[],
    cost: { readonly requestId: string; readonly costUsd: number; readonly mustFit: true },
  ) => Promise<Reservation> | null;
  readonly costOf: (line: {
    readonly endpoint: string;
    readonly model: string;
    readonly body: Readonly<Record<string, unknown>>;
    readonly bodyText: string;
  }) => number;
  /** Of one line of an input. */
  readonly lineBytes: number;
  readonly now: () => number;
}

/** Lines that become jobs in one transaction, and bytes of them. */
const linesAtOnce = 100;
const bytesAtOnce = 1_048_576;
/** Of the input, as it is read. */
const windowBytes = 131_072;

interface ReadLine {
  readonly job: NewJob;
  readonly endOffsetBytes: number;
}

export type Expansion =
  | { readonly kind: "expanded"; readonly lines: number }
  /** Nothing is left of a budget for the next line. */
  | { readonly kind: "budget_used_up" }
  /** The batch is not as it was when it was read. */
  | { readonly kind: "changed" };

/**
 * Makes jobs of a batch's next lines, at most `lines` of them. Ids follow from batch and line, and the jobs come into being
 * together with the note of how far the batch has come: doing it twice, here or elsewhere, makes no job twice.
 */
export async function expandNextLines(
  deps: ExpanderDeps,
  { batch, lines }: { readonly batch: StoredBatch; readonly lines: number },
): Promise<Expansion> {
  const read = await readNextLines(deps, { batch, lines: Math.min(lines, linesAtOnce) });
  const { fitting, reservations } = await reserveLines(deps, batch, read);
  const last = fitting.at(-1);
  if (last === undefined) return { kind: "budget_used_up" };
  const next = { line: batch.nextLine + fitting.length, offsetBytes: last.endOffsetBytes };
  const jobs = fitting.map(({ job }) => job);
  let isExpanded = false;
  try {
    isExpanded = await expandBatch(deps.db, { batch, jobs, next });
  } finally {
    // What became a job is in the books from now on.
    for (const reservation of reservations)
      if (isExpanded) reservation.settle(null);
      else reservation.release();
  }
  return isExpanded ? { kind: "expanded", lines: jobs.length } : { kind: "changed" };
}

/** @throws Error for an input that is not what it was when it was checked. */
async function readNextLines(
  { db, costOf, lineBytes, now }: ExpanderDeps,
  { batch, lines }: { readonly batch: StoredBatch; readonly lines: number },
): Promise<ReadLine[]> {
  const fromByte = batch.nextOffsetBytes;
  const bytes = readFileBytes(db, batch.inputFileId, { fromByte, windowBytes });
  const splitter = createRecordSplitter(batch.surface, { fromByte, limitBytes: lineBytes });
  const createdAtMs = now();
  const read: ReadLine[] = [];
  let size = 0;
  for await (const { content, endOffsetBytes } of readRecords(bytes, splitter)) {
    const line = batch.nextLine + read.length;
    const request = content.kind === "text" ? readBatchLine(content.text, batch) : null;
    if (request?.kind !== "request")
      throw new Error(`line ${line} of the input of ${batch.id} is not what it was when it was checked`);
    const { customId, model, body } = request;
    const bodyText = JSON.stringify(body);
    size += bodyText.length;
    const { endpoint } = batch;
    const reservedUsd = costOf({ endpoint, model, body, bodyText });
    const job = jobOfLine(batch, { line, customId, model, bodyText, createdAtMs, reservedUsd });
    read.push({ job, endOffsetBytes });
    if (read.length >= lines || size >= bytesAtOnce) break;
  }
  if (read.length === 0) throw new Error(`the input of ${batch.id} ends before its line ${batch.nextLine}`);
  return read;
}

function jobOfLine(
  batch: StoredBatch,
  {
    line,
    customId,
    model,
    bodyText,
    createdAtMs,
    reservedUsd,
  }: {
    readonly line: number;
    readonly customId: string;
    readonly model: string;
    readonly bodyText: string;
    readonly createdAtMs: number;
    readonly reservedUsd: number;
  },
): NewJob {
  const { jobId, requestId } = lineIdsOf(batch.id, line);
  return {
    id: jobId,
    requestId,
    tenantId: batch.tenantId,
    projectId: batch.projectId,
    keyId: batch.keyId,
    origin: "batch",
    endpoint: batch.endpoint,
    lane: "batch",
    priority: 5,
    isStream: false,
    requestedModel: model,
    headers: batch.headers,
    bodyText,
    metadata: null,
    tags: null,
    webhook: null,
    createdAtMs,
    notBeforeMs: null,
    deadlineAtMs: batch.expiresAtMs,
    reservedUsd,
    batch: { batchId: batch.id, line, customId },
  };
}

/** The first lines that fit into every budget. */
async function reserveLines(
  { budgetsOf, reserve }: ExpanderDeps,
  batch: StoredBatch,
  read: readonly ReadLine[],
): Promise<{ readonly fitting: readonly ReadLine[]; readonly reservations: readonly Reservation[] }> {
  const budgets = budgetsOf(batch);
  if (budgets.length === 0) return { fitting: read, reservations: [] };
  const reservations: Reservation[] = [];
  for (const [position, { job }] of read.entries()) {
    try {
      const cost = { requestId: job.requestId, costUsd: job.reservedUsd, mustFit: true } as const;
      const reservation = await reserve(budgets, cost);
      if (reservation !== null) reservations.push(reservation);
    } catch (error) {
      if (error instanceof TokenHubError && error.code === "budget_exceeded")
        return { fitting: read.slice(0, position), reservations };
      for (const reservation of reservations) reservation.release();
      throw error;
    }
  }
  return { fitting: read, reservations };
}
