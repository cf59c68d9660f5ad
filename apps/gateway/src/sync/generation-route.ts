import {
  TokenHubError,
  type Operation,
  type RequestResult,
  type RoutingMode,
  type WireFormatName,
} from "@tokenhub/contracts";
import type { ReplyListener } from "@tokenhub/queue";
import { inspectRequest, spliceTopLevel } from "@tokenhub/translation";
import type { Request, RequestHandler, Response } from "express";
import type { z } from "zod";
import type { Authenticator } from "../admission/authenticate.ts";
import { readWaitMs } from "../admission/read-deadline.ts";
import { readPolicy } from "../admission/read-policy.ts";
import type { GatewayEvents } from "../events.ts";
import { requestIdOf } from "../http/assign-request-id.ts";
import { parseJsonObject } from "../http/parse-json-object.ts";
import { readBodyText } from "../http/read-body.ts";
import { validateBody } from "../http/validate-body.ts";
import { sendError } from "../http/surface.ts";
import { awaitReply } from "./await-reply.ts";
import type { InFlightGate } from "./in-flight-gate.ts";
import { submitRequest, type Submission, type SubmitDeps } from "./submit-request.ts";
import { createSyncReply } from "./sync-reply.ts";

export interface GenerationDeps {
  readonly authenticate: Authenticator;
  readonly submit: SubmitDeps;
  readonly replies: Pick<ReplyListener, "register">;
  readonly gate: InFlightGate;
  /** @throws TokenHubError `model_not_found` when no model or alias has this name. */
  readonly requireModel: (name: string | null) => void;
  readonly events: GatewayEvents;
  readonly maxBodyBytes: number;
  readonly syncWaitMs: number;
  /** Routing mode of requests that name none; null: the contract's default. */
  readonly defaultMode: RoutingMode | null;
  readonly now: () => number;
}

/** What distinguishes one generation endpoint from another. */
export interface GenerationEndpoint {
  readonly path: "/v1/chat/completions" | "/v1/messages" | "/v1/embeddings";
  readonly operation: Operation;
  readonly wireFormat: WireFormatName;
  readonly bodySchema: z.ZodType;
}

/**
 * Handles one generation endpoint: authenticate, parse, admit, register the waiter, enqueue, deliver. Everything that can
 * be wrong with a request is found before anything is enqueued.
 */
export function createGenerationRoute(deps: GenerationDeps, endpoint: GenerationEndpoint): RequestHandler {
  return async (request, response) => {
    const acceptedAtMs = deps.now();
    const { tenantId } = deps.authenticate(request.headers);
    requireJson(request);
    const bodyText = await readBodyText(request, { response, limitBytes: deps.maxBodyBytes });
    const body = parseJsonObject(bodyText);
    validateBody(endpoint.bodySchema, body);
    const { model, ...inspected } = inspectRequest(endpoint.wireFormat, body);
    deps.requireModel(model);

    const submission: Submission = {
      requestId: requestIdOf(response),
      tenantId,
      traceparent: headerOf(request, "traceparent"),
      acceptedAtMs,
      waitMs: readWaitMs(request.headers, deps.syncWaitMs),
      features: {
        operation: endpoint.operation,
        wireFormat: endpoint.wireFormat,
        requestedModel: model,
        ...inspected,
        policy: readPolicy(request.headers, { hints: body["tokenhub"], defaultMode: deps.defaultMode }),
      },
      formatHeaders: formatHeadersOf(request),
      bodyText: body["tokenhub"] === undefined ? bodyText : spliceTopLevel(bodyText, { tokenhub: undefined }),
    };
    await runSync(deps, { endpoint, request, response, submission, includeUsage: wantsUsage(body) });
  };
}

interface SyncRun {
  readonly endpoint: GenerationEndpoint;
  readonly request: Request;
  readonly response: Response;
  readonly submission: Submission;
  readonly includeUsage: boolean;
}

async function runSync(
  deps: GenerationDeps,
  { endpoint, request, response, submission, includeUsage }: SyncRun,
): Promise<void> {
  const { requestId, acceptedAtMs } = submission;
  const place = deps.gate.enter();
  const cancel = (): void => deps.submit.cancel(requestId);
  let isDone = false;

  const reply = createSyncReply({
    response,
    requestId,
    callerFormat: endpoint.wireFormat,
    acceptedAtMs,
    estimatedInputTokens: submission.features.estimatedInputTokens,
    includeUsage,
    fail: (error) => sendError(request, response, error),
    done(result: RequestResult | null) {
      isDone = true;
      place[Symbol.dispose]();
      if (result === null) cancel();
      deps.events.delivered({
        endpoint: endpoint.path,
        submission,
        result,
        status: response.statusCode,
        finishedAtMs: deps.now(),
      });
    },
  });
  const wait = awaitReply(deps.replies, requestId, submission.waitMs, reply);

  const leave = (): void => {
    wait[Symbol.dispose]();
    reply[Symbol.dispose]();
    place[Symbol.dispose]();
  };
  response.on("close", () => {
    leave();
    if (isDone) return;
    isDone = true;
    cancel();
    deps.events.abandoned({ endpoint: endpoint.path, submission, finishedAtMs: deps.now() });
  });

  try {
    await submitRequest(deps.submit, submission);
  } catch (error) {
    if (isDone) return;
    isDone = true;
    leave();
    throw error;
  }
}

function requireJson(request: Request): void {
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity")
    throw new TokenHubError(
      "unsupported_media_type",
      "Compressed request bodies are not accepted. Send the body without `content-encoding`.",
    );
  const type = request.headers["content-type"];
  if (type === undefined || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return;
  throw new TokenHubError("unsupported_media_type", "Send the body as `content-type: application/json`.");
}

/** Versions and betas change what an Anthropic body means, so they travel with it. */
function formatHeadersOf(request: Request): Record<string, string> {
  const names = ["anthropic-version", "anthropic-beta"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = headerOf(request, name);
      return value === null || !/^[\w.,: -]{1,500}$/.test(value) ? [] : [[name, value]];
    }),
  );
}

function headerOf(request: Request, name: string): string | null {
  const value = request.headers[name];
  return typeof value === "string" ? value : null;
}

function wantsUsage(body: Record<string, unknown>): boolean {
  const options = body["stream_options"];
  return (
    typeof options === "object" &&
    options !== null &&
    (options as Record<string, unknown>)["include_usage"] === true
  );
}
