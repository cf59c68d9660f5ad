import { TokenHubError, type RequestResult } from "@tokenhub/contracts";
import type { ClaimedJob, JobRequest, StoredJob } from "@tokenhub/persistence";
import inject from "light-my-request";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../admission/caller.ts";
import { refusedError } from "../http/surface.ts";
import type { Execution, InternalCall, InternalCalls } from "./internal-call.ts";
import { ownMethods } from "./own-methods.ts";
import type { ExecutionOutcome } from "./judge-execution.ts";

export type HttpHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ExecuteDeps {
  /** The handler of all requests. */
  readonly handler: HttpHandler;
  readonly internalCalls: InternalCalls;
  /** @throws TokenHubError when whoever asked for the job may not any more. */
  readonly callerOf: (job: Pick<StoredJob, "tenantId" | "projectId" | "keyId">) => Caller;
}

export interface ExecutionWatch {
  /** Whether some gateway may have sent the job's request before. */
  readonly isRepeat: boolean;
  readonly onSubmitted: (submitAgain: () => Promise<void>) => void;
  /** Stops waiting for the answer, and leaves what is under way alone. */
  readonly signal: AbortSignal;
}

/**
 * Carries a job out as if its request had been sent now, through the very handler of requests, and gives what its sender would
 * have been answered.
 * @throws the reason of the signal when it fires first.
 */
export async function executeJob(
  deps: ExecuteDeps,
  job: ClaimedJob,
  { isRepeat, onSubmitted, signal }: ExecutionWatch,
): Promise<ExecutionOutcome> {
  let result: RequestResult | null = null;
  const caller = callerOrRefusal(deps.callerOf, job);
  if (caller instanceof TokenHubError) return refusal(caller);
  const onResult = (told: RequestResult): void => void (result = told);
  const call = executionOf(job, { caller, isRepeat, isSent: true, onSubmitted, onResult });
  const answered = await inject(markedHandler(deps, call), { ...requestOf(job, job.request), signal });
  signal.throwIfAborted();
  const error = refusedError(answered.raw.res);
  return {
    answer: {
      statusCode: answered.statusCode,
      headers: keptAnswerHeaders(answered.headers),
      body: answered.payload,
    },
    result,
    error: error === null ? null : { code: error.code, message: error.message },
  };
}

/** The call that carries a job out in its current attempt. */
export function executionOf(
  job: StoredJob,
  rest: Pick<Execution, "caller" | "isRepeat" | "isSent" | "onSubmitted" | "onResult">,
): Execution {
  const { requestId, createdAtMs, deadlineAtMs, lane, priority } = job;
  return { kind: "execute", requestId, createdAtMs, deadlineAtMs, lane, priority, ...rest };
}

export function markedHandler(
  { handler, internalCalls }: Pick<ExecuteDeps, "handler" | "internalCalls">,
  call: InternalCall,
): HttpHandler {
  return (request, response) => {
    ownMethods(response);
    internalCalls.mark(request, call);
    handler(request, response);
  };
}

export function requestOf({ endpoint }: Pick<StoredJob, "endpoint">, { headers, bodyText }: JobRequest) {
  return {
    method: "POST",
    url: endpoint,
    headers: { ...headers, "content-type": "application/json" },
    payload: bodyText,
  } as const;
}

/** Those that tell something of the answer; not those of one connection. */
export function keptAnswerHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (typeof value === "string" && answerHeader.test(name)) kept[name] = value;
  return kept;
}

const answerHeader =
  /^(?:content-type|link|x-request-id|request-id|x-tokenhub-[a-z-]+|x-should-retry|retry-after(?:-ms)?)$/;

function callerOrRefusal(callerOf: ExecuteDeps["callerOf"], job: ClaimedJob): Caller | TokenHubError {
  try {
    return callerOf(job);
  } catch (error) {
    if (error instanceof TokenHubError) return error;
    throw error;
  }
}

function refusal({ code, message, row }: TokenHubError): ExecutionOutcome {
  const body = JSON.stringify({ error: { code, message, type: row.openAiType, param: null } });
  const headers = { "content-type": "application/json; charset=utf-8" };
  return { answer: { statusCode: row.status, headers, body }, result: null, error: { code, message } };
}
