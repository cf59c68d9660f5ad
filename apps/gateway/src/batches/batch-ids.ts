import { idPrefixes } from "@tokenhub/contracts";
import { createHash } from "node:crypto";

/** Ids of what a batch makes follow from the batch, so that making it once more makes nothing new. */
function digitsOf(batchId: string, part: string): string {
  return createHash("sha256").update(`${batchId}:${part}`).digest("hex").slice(0, 32);
}

/** Of the job of a line, and of its first request. */
export function lineIdsOf(
  batchId: string,
  line: number,
): { readonly jobId: string; readonly requestId: string } {
  const digits = digitsOf(batchId, `line:${line}`);
  return { jobId: idPrefixes.job + digits, requestId: idPrefixes.request + digits };
}

export function outputFileIdOf(batchId: string): string {
  return idPrefixes.file + digitsOf(batchId, "output");
}

export function errorFileIdOf(batchId: string): string {
  return idPrefixes.file + digitsOf(batchId, "errors");
}

/** Of a line's result: the digits of its job. */
export function lineResultIdOf(jobId: string): string {
  return `batch_req_${jobId.slice(idPrefixes.job.length)}`;
}
