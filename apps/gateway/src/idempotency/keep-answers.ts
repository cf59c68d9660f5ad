import type { IdempotencyRepository, KeyAnswer, KeyTaker } from "@tokenhub/persistence";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import type { Admission } from "../admission/admission.ts";
import { requestIdOf, setRequestId } from "../http/assign-request-id.ts";
import type { InternalCalls } from "../jobs/internal-call.ts";
import type { InFlightGate } from "../sync/in-flight-gate.ts";
import type { AnswerSeal } from "./answer-seal.ts";
import { captureAnswer } from "./capture-answer.ts";
import { hashOfHeaders } from "./fingerprint.ts";
import { keyPlaceOf, setKeyHeaders } from "./key-place.ts";
import { readIdempotencyKey } from "./read-idempotency-key.ts";
import { replayAnswer } from "./replay-answer.ts";
import { takeOrWait } from "./take-or-wait.ts";
import { watchBody } from "./watch-body.ts";

export interface KeepAnswersDeps {
  readonly keys: Pick<IdempotencyRepository, "take" | "answer" | "release">;
  readonly admission: Pick<Admission, "authenticate" | "admit">;
  readonly internalCalls: Pick<InternalCalls, "of">;
  readonly gate: Pick<InFlightGate, "enter">;
  readonly seal: AnswerSeal;
  readonly gatewayId: string;
  /** No other gateway can use the database: whoever else holds a key in it is gone. */
  readonly isAlone: boolean;
  readonly syncWaitMs: number;
  /** How long a key is remembered. */
  readonly keptMs: number;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

/**
 * Has every POST of the public API behind it carried out once for each Idempotency-Key: its answer is kept and given again.
 * What failed is not kept, so that sending it again may help. Requests without the header pass as they are.
 */
export function keepAnswers(deps: KeepAnswersDeps): RequestHandler {
  return (request, response, next) => {
    if (request.headers["idempotency-key"] === undefined || !isPublicPost(request)) return next();
    if (deps.internalCalls.of(request) !== null) return next();
    return handle(deps, { request, response, next });
  };
}

function isPublicPost({ method, path }: Request): boolean {
  return method === "POST" && path.startsWith("/v1/");
}

interface Passing {
  readonly request: Request;
  readonly response: Response;
  readonly next: NextFunction;
}

async function handle(deps: KeepAnswersDeps, { request, response, next }: Passing): Promise<void> {
  const key = readIdempotencyKey(request.headers);
  if (key === null) return next();
  const caller = deps.admission.authenticate(request);
  const place = keyPlaceOf(caller, { path: request.path, key });
  const requestId = requestIdOf(response);
  const taken = await takeOrWait(deps, { place, requestId, caller, response });
  if (taken.kind === "gone") return;
  setKeyHeaders(response, { expiresAtMs: taken.expiresAtMs, isRepeat: taken.kind === "answered" });
  if (taken.kind === "answered") return replayAnswer(deps, { request, response, ...taken });
  // What a gateway had begun before it died is carried on, and found again by its id.
  if (taken.requestId !== requestId) setRequestId(response, taken.requestId);
  const taker = { ...place, owner: deps.gatewayId, requestId: taken.requestId };
  keepWhatIsAnswered(deps, { request, response, taker });
  next();
}

/** Whoever hangs up is rarely answered, and what handles its request may be about to end. */
const releaseAfterMs = 10_000;

function keepWhatIsAnswered(
  deps: KeepAnswersDeps,
  {
    request,
    response,
    taker,
  }: { readonly request: Request; readonly response: Response; readonly taker: KeyTaker },
): void {
  const { keys, onError } = deps;
  const body = watchBody(request);
  let isEnded = false;
  captureAnswer(response, async (answer) => {
    isEnded = true;
    const fingerprint = `${hashOfHeaders(request.headers)}.${body.hash() ?? ""}`;
    await keep(deps, { taker, fingerprint, answer, response }).catch(onError);
  });
  response.once("close", () => {
    if (isEnded) return;
    setTimeout(() => {
      if (!isEnded) keys.release(taker).catch(onError);
    }, releaseAfterMs).unref();
  });
}

async function keep(
  { keys, seal }: KeepAnswersDeps,
  {
    taker,
    fingerprint,
    answer,
    response,
  }: {
    readonly taker: KeyTaker;
    readonly fingerprint: string;
    readonly answer: KeyAnswer;
    readonly response: Response;
  },
): Promise<void> {
  if (answer.statusCode >= 400) {
    if (!response.headersSent) response.removeHeader("idempotency-expires");
    await keys.release(taker);
    return;
  }
  const body = answer.body === null ? null : seal.seal(answer.body);
  await keys.answer(taker, { fingerprint, answer: { ...answer, body } });
}
