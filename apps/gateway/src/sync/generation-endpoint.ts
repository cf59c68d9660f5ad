import type { Capability, Operation, RequestResult, WireFormatName } from "@tokenhub/contracts";
import type { RunReport } from "@tokenhub/orchestration";
import type { Response } from "express";
import type { RoutingWishes } from "../admission/routing-wishes.ts";
import type { CacheSetting } from "../cache/cache-wish.ts";
import type { OrchestrationWish } from "../orchestration/orchestration-wish.ts";
import type { Keeping } from "./answer-keeper.ts";

export type JsonObject = Record<string, unknown>;

/** What a key must be allowed to do. */
export type Scope = "chat" | "plan" | "embeddings";

const endpointPaths = [
  "/v1/chat",
  "/v1/chat/completions",
  "/v1/completions",
  "/v1/messages",
  "/v1/responses",
  "/v1/embeddings",
  "/v1/plan",
  "/v1/adversarial",
] as const;
type EndpointPath = (typeof endpointPaths)[number];

/** What the caller wants done to the answer beyond what the model gives. */
export interface AnswerWishes {
  /** As the caller wrote it; checked when it is read. */
  readonly outputFormat: unknown;
  readonly outputSchema: unknown;
  readonly includeDecision: boolean;
}

/** A request body as its endpoint has read it: a body of a wire format, and what is not part of that format. */
export interface EndpointRequest {
  readonly wireFormat: WireFormatName;
  readonly body: JsonObject;
  /** `body` as text, without TokenHub's own members; what providers may see. */
  readonly bodyText: string;
  readonly wishes: RoutingWishes;
  /** Wins over the estimate; null: estimate it. */
  readonly estimatedInputTokens: number | null;
  readonly needs: readonly Capability[];
  readonly answer: AnswerWishes;
  /** What the body says about keeping the answer; absent: nothing. */
  readonly cache?: CacheSetting;
  /** The orchestration that the body asks for; absent: none. A directive or the model's name may still ask for one. */
  readonly orchestration?: OrchestrationWish;
  /** Turns an answer in `wireFormat` into the endpoint's own shape; null: it is that already. */
  readonly encodeAnswer: AnswerEncoder | null;
}

export type AnswerEncoder = (answer: {
  readonly text: string;
  readonly result: RequestResult;
  /** Of an orchestration; null for an ordinary answer. */
  readonly run: RunReport | null;
}) => string;

/** What distinguishes one generation endpoint from another. */
export interface GenerationEndpoint {
  readonly path: EndpointPath;
  readonly operation: Operation;
  readonly scope: Scope;
  /** @throws TokenHubError for a body the endpoint does not take. */
  readonly read: (body: JsonObject, context: { bodyText: string; response: Response }) => EndpointRequest;
  /** What is kept of requests and answers; absent: nothing. */
  readonly keeping?: Keeping;
}
