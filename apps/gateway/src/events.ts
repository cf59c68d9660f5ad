import { routingModeSchema, type RequestResult } from "@tokenhub/contracts";
import { openLabel, type Logger, type Metrics } from "@tokenhub/telemetry";
import type { Submission } from "./sync/submit-request.ts";

interface DeliveredRequest {
  readonly endpoint: (typeof endpointLabel)[number];
  readonly submission: Submission;
  /** Null when the wait ended without one. */
  readonly result: RequestResult | null;
  readonly status: number;
  readonly finishedAtMs: number;
}

/** The gateway's business events: a low-cardinality count and a full log line for each. */
export interface GatewayEvents {
  delivered(request: DeliveredRequest): void;
  /** The caller went away before the answer. */
  abandoned(request: Pick<DeliveredRequest, "endpoint" | "submission" | "finishedAtMs">): void;
  readonly redisTrouble: (error: unknown) => void;
  readonly recorded: (rows: number) => void;
}

const endpointLabel = ["/v1/chat/completions", "/v1/messages", "/v1/embeddings"] as const;
/** Models and providers come from the catalogue, so they are known at run time only. */
const modelLabel = openLabel({ limit: 1_000 });
const providerLabel = openLabel({ limit: 200 });

export function createGatewayEvents(logger: Logger, metrics: Metrics): GatewayEvents {
  const requests = metrics.counter({
    name: "tokenhub_requests_total",
    help: "Finished requests.",
    labels: {
      endpoint: endpointLabel,
      mode: routingModeSchema.options,
      model: modelLabel,
      provider: providerLabel,
      status: ["ok", "error", "abandoned"],
    },
  });
  const duration = metrics.histogram({
    name: "tokenhub_request_duration_seconds",
    help: "Time from acceptance to the last byte.",
    labels: { endpoint: endpointLabel },
  });
  const firstToken = metrics.histogram({
    name: "tokenhub_time_to_first_token_seconds",
    help: "Time from acceptance to the first streamed token.",
    labels: { model: modelLabel },
  });
  const tokens = metrics.counter({
    name: "tokenhub_tokens_used_total",
    help: "Tokens by model and direction.",
    labels: { model: modelLabel, direction: ["input", "output"] },
  });
  const rows = metrics.counter({
    name: "tokenhub_recorded_rows_total",
    help: "Request log rows written.",
    labels: {},
  });

  return {
    delivered({ endpoint, submission, result, status, finishedAtMs }) {
      const model = result?.modelId ?? "none";
      const outcome = result?.outcome === "succeeded" ? "ok" : "error";
      const durationMs = finishedAtMs - submission.acceptedAtMs;
      requests.add({
        endpoint,
        mode: submission.features.policy.mode,
        model,
        provider: result?.providerId ?? "none",
        status: outcome,
      });
      duration.observe({ endpoint }, durationMs / 1000);
      if (result !== null && result.timeToFirstTokenMs !== null)
        firstToken.observe({ model }, result.timeToFirstTokenMs / 1000);
      if (result !== null && result.usage !== null) {
        tokens.add({ model, direction: "input" }, result.usage.inputTokens);
        tokens.add({ model, direction: "output" }, result.usage.outputTokens);
      }
      logger.info(
        {
          requestId: submission.requestId,
          tenantId: submission.tenantId,
          endpoint,
          status,
          model,
          provider: result?.providerId ?? null,
          code: result?.failure?.code ?? null,
          attempts: result?.attempts.length ?? 0,
          durationMs,
        },
        "request finished",
      );
    },
    abandoned({ endpoint, submission, finishedAtMs }) {
      requests.add({
        endpoint,
        mode: submission.features.policy.mode,
        model: "none",
        provider: "none",
        status: "abandoned",
      });
      logger.info(
        { requestId: submission.requestId, endpoint, durationMs: finishedAtMs - submission.acceptedAtMs },
        "caller went away; request cancelled",
      );
    },
    redisTrouble(error) {
      logger.error({ err: error }, "Redis does not answer");
    },
    recorded(count) {
      rows.add({}, count);
    },
  };
}
