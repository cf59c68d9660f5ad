import type { FaultStep } from "../plans/step.ts";
import type { Exchange } from "./exchange.ts";
import { contextOverflowError, plannedError, retryHeaders } from "./fault-error.ts";

/** Faults that show only when an answer is on its way, or change nothing but the answer. */
export type LateFault = Exclude<
  FaultStep,
  { kind: "status" | "context_overflow" | "wrong_content_type" | "empty" }
>;

export interface EarlyFaultParts {
  readonly promptTokens: number;
  /** `application/json` or `text/event-stream`: what the ordinary answer would have. */
  readonly contentType: string;
}

/** Plays a fault that leaves no room for an answer. Returns the fault when it is one that comes later, null when it was played. */
export async function serveEarlyFault(
  exchange: Exchange,
  fault: FaultStep,
  { promptTokens, contentType }: EarlyFaultParts,
): Promise<LateFault | null> {
  const { family } = exchange;
  switch (fault.kind) {
    case "status":
      exchange.sendError(plannedError(fault, { family }), { headers: retryHeaders(fault) });
      return null;
    case "context_overflow":
      exchange.sendError(contextOverflowError(fault, { family, promptTokens }));
      return null;
    case "wrong_content_type":
      exchange.sendWhole({ status: 200, contentType: "text/html", body: htmlPage, outcome: "error" });
      return null;
    case "empty":
      exchange.sendWhole({ status: 200, contentType, body: "", outcome: "error" });
      return null;
    case "reset":
      if (fault.afterTokens !== undefined) return fault;
      await exchange.reset();
      return null;
    case "hang":
      if (fault.afterTokens !== undefined) return fault;
      await exchange.hang();
      return null;
    case "malformed_json":
    case "error_in_200":
    case "endless_stream":
    case "slow":
    case "stream_ends_early":
    case "huge":
      return fault;
  }
}

const htmlPage = "<!doctype html><html><title>Mock</title><body>This is not the API.</body></html>";
