import type { ErrorCode } from "@tokenhub/contracts";
import type { JobAnswer, StoredJob } from "@tokenhub/persistence";
import { responseErrorOf } from "@tokenhub/translation";
import type { JsonObject } from "../sync/generation-endpoint.ts";
import { parseObject } from "./response-event.ts";
import { terminalResponseOf } from "./terminal-hold.ts";

/** A response whose job has not ended. */
export function runningResponseOf(
  draftJson: string | null,
  job: Pick<StoredJob, "createdAtMs"> & Partial<Pick<StoredJob, "startedAtMs">>,
): JsonObject {
  // One that waits for another attempt has been in progress already.
  const status = job.startedAtMs == null ? "queued" : "in_progress";
  return { ...parseObject(draftJson ?? ""), created_at: secondsOf(job.createdAtMs), status };
}

/** How a job ended. */
export interface EndedJob {
  readonly state: StoredJob["state"];
  readonly answer: JobAnswer | null;
  readonly errorCode: ErrorCode | null;
  readonly errorMessage: string | null;
}

/**
 * What a response in the background has become: the object it was answered with, the one in the last event of its stream, or
 * one that says why there is none.
 */
export function endedResponseOf(
  { draftJson, createdAtMs }: { readonly draftJson: string | null; readonly createdAtMs: number },
  ended: EndedJob,
): JsonObject {
  const draft = { ...parseObject(draftJson ?? ""), created_at: secondsOf(createdAtMs) };
  const told = ended.answer === null ? null : responseOfAnswer(ended.answer);
  switch (ended.state) {
    case "succeeded":
      return told ?? { ...draft, status: "failed", error: unusable };
    case "cancelled":
      return { ...draft, ...told, status: "cancelled", error: null };
    case "failed":
    case "expired":
    case "scheduled":
    case "queued":
    case "running":
      return { ...draft, ...told, status: "failed", error: errorOf(ended) };
  }
}

const unusable = { code: "server_error", message: "The answer is no response. Send the request again." };

function responseOfAnswer({ statusCode, headers, body }: JobAnswer): JsonObject | null {
  if (statusCode >= 400) return null;
  if (!(headers["content-type"] ?? "").startsWith("text/event-stream")) return parseObject(body);
  try {
    return terminalResponseOf(body);
  } catch {
    // A stream that cannot be read must not keep its job from ending.
    return null;
  }
}

function errorOf({ errorCode, errorMessage }: EndedJob) {
  return responseErrorOf({
    code: errorCode ?? "internal_error",
    message: errorMessage ?? "The response could not be made. Send the request again.",
  });
}

function secondsOf(timeMs: number): number {
  return Math.floor(timeMs / 1_000);
}
