import type { RequestResult, TokenHubError } from "@tokenhub/contracts";
import type { Request, Response } from "express";
import { setCacheHeaders } from "../cache/enter-cache.ts";
import type { AnswerOrigin, KeptAnswer } from "../cache/kept-answer.ts";
import { recordHit } from "../cache/record-hit.ts";
import { replayAnswer } from "../cache/replay-answer.ts";
import type { CachePassage } from "../cache/response-cache.ts";
import type { GatewayEvents } from "../events.ts";
import { sendError } from "../http/surface.ts";
import type { AnswerPlan } from "../output/answer-plan.ts";
import type { InternalCall } from "../jobs/internal-call.ts";
import { RunFailedError } from "../orchestration/run-failed-error.ts";
import { finishAnswer, type FinishDeps } from "../output/finish-answer.ts";
import { answerEchoOf } from "./answer-echo.ts";
import type { AnswerKeeper } from "./answer-keeper.ts";
import { awaitReply, type ReplySink } from "./await-reply.ts";
import type { Carrier } from "./carrier.ts";
import type { EndpointRequest, GenerationEndpoint, JsonObject } from "./generation-endpoint.ts";
import type { RequestHold } from "./request-hold.ts";
import type { Submission } from "./submit-request.ts";
import { createSyncReply, type SyncReply } from "./sync-reply.ts";

export interface DeliveryDeps extends FinishDeps {
  readonly events: GatewayEvents;
}

/** A request that was let in. */
export interface AdmittedRequest {
  readonly endpoint: GenerationEndpoint;
  readonly request: Request;
  readonly response: Response;
  readonly submission: Submission;
  readonly read: EndpointRequest;
  readonly plan: AnswerPlan;
  /** Null: the request does not use the cache. */
  readonly passage: CachePassage | null;
  readonly carrier: Carrier;
  /** Null: it comes from outside. */
  readonly call: InternalCall | null;
  /** Has the request go on as a job when its caller's wait is over; null: it ends with the wait. */
  readonly outlive: (() => Promise<TokenHubError>) | null;
  /** Keeps the answer; null: it is not kept. */
  readonly keeper: AnswerKeeper | null;
}

/** The ways in which an answer reaches one caller. */
export interface Delivery extends Disposable {
  /** The caller's reply, for an answer of the request's own. */
  readonly reply: SyncReply;
  /** Has the request carried out; its answer goes to `sink`. Rejects when nothing was accepted. */
  readonly call: (sink: ReplySink) => Promise<void>;
  /** Gives a kept answer. */
  readonly hit: (answer: KeptAnswer, ageMs: number) => void;
}

/** @param signal fires when the caller goes away. */
export function createDelivery(
  deps: DeliveryDeps,
  { admitted, hold, signal }: { admitted: AdmittedRequest; hold: RequestHold; signal: AbortSignal },
): Delivery {
  const { request, response, submission, read, plan, passage, carrier, call, keeper } = admitted;
  const { requestId, acceptedAtMs, features } = submission;
  const execution = call?.kind === "execute" ? call : null;
  const bearsTimeMs = execution?.createdAtMs ?? acceptedAtMs;
  const echo = answerEchoOf(read);
  let wait: Disposable | null = null;
  let kept: KeptAnswer | null = null;
  const { estimatedInputTokens } = features;
  const origin: AnswerOrigin = { requestId, acceptedAtMs: bearsTimeMs, estimatedInputTokens };
  let reply = openReply(origin);
  const ownReply = reply;

  function openReply(origin: AnswerOrigin): SyncReply {
    return createSyncReply({
      response,
      ...origin,
      callerFormat: read.wireFormat,
      ...echo,
      includeUsage: wantsUsage(read.body),
      // What is kept of a stream is the stream, without the signs of life of one connection.
      ...(execution === null ? {} : { keepAliveMs: null }),
      outlive: admitted.outlive === null ? null : outlive,
      finish: isPlain(plan, read) && keeper === null ? null : finish,
      keeper,
      fail(error) {
        const run = carrier.report();
        sendError(request, response, run === null ? error : new RunFailedError(error, run));
      },
      done: (result) => {
        if (result !== null) execution?.onResult(result);
        const isFirst = hold.end(
          result === null
            ? { kind: "given_up" }
            : { kind: "answered", costUsd: result.costUsd ?? 0, isGood: response.statusCode === 200 },
        );
        if (isFirst) tellEnd(deps, { admitted, kept, result });
      },
    });
  }

  async function finish(text: string, result: RequestResult): Promise<string> {
    const answer = { read, submission, plan, result, text, run: carrier.report(), signal };
    const finished = isPlain(plan, read) ? text : await finishAnswer(deps, answer);
    await keeper?.keep(finished);
    return finished;
  }

  async function outlive(): Promise<TokenHubError> {
    const error = await (admitted.outlive?.() ?? Promise.reject(new Error("there is no way to go on")));
    if (hold.end({ kind: "goes_on" })) tellEnd(deps, { admitted, kept, result: null });
    return error;
  }

  return {
    reply: ownReply,
    call(sink) {
      if (passage !== null) setCacheHeaders(response, null);
      hold.submitted();
      const waitMs = acceptedAtMs + submission.waitMs - deps.now();
      wait = awaitReply(deps.replies, requestId, { waitMs, isLate: execution?.isRepeat === true }, sink);
      return carrier.submit();
    },
    hit(found, ageMs) {
      // A response is found by the id of its own request, whoever was asked first.
      const answer = read.wireFormat === "openai-responses" ? { ...found, origin } : found;
      kept = found;
      reply = openReply(answer.origin);
      setCacheHeaders(response, ageMs);
      const { stream: wantsStream, wireFormat: callerFormat } = features;
      const durationMs = deps.now() - acceptedAtMs;
      replayAnswer(answer, reply, { requestId, callerFormat, wantsStream, ...echo, durationMs });
    },
    [Symbol.dispose]() {
      wait?.[Symbol.dispose]();
      reply[Symbol.dispose]();
    },
  };
}

interface DeliveredAnswer {
  readonly admitted: AdmittedRequest;
  /** The kept answer it was; null: one of its own. */
  readonly kept: KeptAnswer | null;
  readonly result: RequestResult | null;
}

/** Counts and logs how a request ended; one that was answered from the cache gets its row in the request log here. */
function tellEnd(deps: DeliveryDeps, { admitted, kept, result }: DeliveredAnswer): void {
  const { endpoint, response, submission, passage, carrier } = admitted;
  const finishedAtMs = deps.now();
  const run = carrier.run === null ? {} : { run: carrier.run };
  const told = { endpoint: endpoint.path, submission, status: response.statusCode, ...run, finishedAtMs };
  if (kept === null || result === null) {
    deps.events.delivered({ ...told, result, ...(passage === null ? {} : { cache: "miss" }) });
    return;
  }
  // The decision was counted with the request that it was taken for.
  deps.events.delivered({ ...told, result: { ...result, decision: null }, cache: "hit" });
  const originId = kept.origin.requestId;
  recordHit(deps.submit, { submission, result, originId, finishedAtMs }).catch(deps.events.redisTrouble);
}

/** Whether the answer goes out as it came. */
function isPlain(plan: AnswerPlan, read: EndpointRequest): boolean {
  return plan.shape === null && !plan.includesDecision && read.encodeAnswer === null;
}

function wantsUsage(body: JsonObject): boolean {
  const options = body["stream_options"];
  return typeof options === "object" && options !== null && (options as JsonObject)["include_usage"] === true;
}
