import express, { type Express } from "express";
import type { Logger, Metrics } from "@tokenhub/telemetry";
import type { Admin } from "../admin/compose-admin.ts";
import type { BatchDeps } from "../batches/batch-deps.ts";
import { serveAdminHome } from "../routes/admin-home/index.ts";
import { alive, healthz, readyz, type HealthDeps } from "../routes/health/index.ts";
import { adversarialEndpoint } from "../routes/adversarial/index.ts";
import { batchRoutes } from "../routes/batches/index.ts";
import { chatCompletionsEndpoint } from "../routes/chat-completions/index.ts";
import { chatEndpoint } from "../routes/chat/index.ts";
import { completionsEndpoint } from "../routes/completions/index.ts";
import { docsRouter } from "../routes/docs/index.ts";
import { embeddingsEndpoint } from "../routes/embeddings/index.ts";
import { fileRoutes } from "../routes/files/index.ts";
import { messageBatchRoutes } from "../routes/message-batches/index.ts";
import { messagesEndpoint } from "../routes/messages/index.ts";
import { serveMetrics } from "../routes/metrics/index.ts";
import { getModel, listModels, type ModelsDeps } from "../routes/models/index.ts";
import { jobRoutes } from "../routes/jobs/index.ts";
import { keepAnswers, type KeepAnswersDeps } from "../idempotency/keep-answers.ts";
import type { JobRouteDeps } from "../routes/jobs/job-route-deps.ts";
import { planEndpoint } from "../routes/plan/index.ts";
import { orchestrationRoutes } from "../routes/orchestrations/index.ts";
import type { OrchestrationDeps } from "../routes/orchestrations/orchestration-deps.ts";
import { webhookEndpointRoutes } from "../routes/webhook-endpoints/index.ts";
import type { WebhookEndpointDeps } from "../routes/webhook-endpoints/webhook-endpoint-deps.ts";
import { responsesEndpoint } from "../routes/responses/index.ts";
import { responseRoutes } from "../routes/responses/response-routes.ts";
import type { ResponseRouteDeps } from "../routes/responses/response-route-deps.ts";
import type { Keeping } from "../sync/answer-keeper.ts";
import { serveOpenApi } from "../routes/openapi/index.ts";
import { createGenerationRoute, type GenerationDeps } from "../sync/generation-route.ts";
import { allowOrigins } from "./allow-origins.ts";
import { assignRequestId } from "./assign-request-id.ts";
import type { AddressReader } from "./client-address.ts";
import { allowOnly, createErrorHandler, unknownPath } from "./error-handler.ts";
import { secureHeaders } from "./secure-headers.ts";

export interface AppDeps {
  readonly generation: GenerationDeps;
  readonly orchestrations: OrchestrationDeps;
  readonly webhookEndpoints: WebhookEndpointDeps;
  readonly jobs: JobRouteDeps;
  readonly batches: BatchDeps;
  readonly responses: ResponseRouteDeps & { readonly keeping: Keeping };
  readonly idempotency: KeepAnswersDeps;
  readonly models: ModelsDeps;
  readonly health: HealthDeps;
  readonly admin: Admin;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly corsOrigins: readonly string[];
  readonly addressOf: AddressReader;
}

const generationEndpoints = [
  chatEndpoint,
  chatCompletionsEndpoint,
  completionsEndpoint,
  messagesEndpoint,
  embeddingsEndpoint,
  planEndpoint,
  adversarialEndpoint,
];

/** Every path of the gateway, in one table. */
export function createApp(deps: AppDeps): Express {
  const { generation, orchestrations, models, health, admin, logger, metrics, corsOrigins, addressOf } = deps;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // A rule of a proxy about /metrics or /admin must not miss /METRICS.
  app.enable("case sensitive routing");
  app.use(assignRequestId(generation.internalCalls), secureHeaders, allowOrigins(corsOrigins));

  const { keeping } = deps.responses;
  for (const endpoint of [...generationEndpoints, { ...responsesEndpoint, keeping }]) {
    app.route(endpoint.path).post(createGenerationRoute(generation, endpoint)).all(allowOnly("POST"));
  }
  app.use(keepAnswers(deps.idempotency));
  app.use(orchestrationRoutes(orchestrations));
  app.use(jobRoutes(deps.jobs));
  app.use(responseRoutes(deps.responses));
  app.use(webhookEndpointRoutes(deps.webhookEndpoints));
  app.use(fileRoutes(deps.batches), batchRoutes(deps.batches), messageBatchRoutes(deps.batches));
  app.route("/v1/models").get(listModels(models)).all(allowOnly("GET"));
  app.route("/v1/models/*id").get(getModel(models)).all(allowOnly("GET"));
  app.route("/health").get(alive).all(allowOnly("GET"));
  app.route("/healthz").get(healthz(health)).all(allowOnly("GET"));
  app.route("/readyz").get(readyz(health)).all(allowOnly("GET"));
  app.route("/metrics").get(serveMetrics(metrics)).all(allowOnly("GET"));

  app.use("/admin/v1", admin.v1);
  app.use("/admin", admin.legacy);
  app.route("/admin").get(serveAdminHome).all(allowOnly("GET"));

  app.route("/openapi.json").get(serveOpenApi(admin.routes)).all(allowOnly("GET"));
  app.use("/docs", docsRouter(admin.routes));

  app.use(unknownPath);
  app.use(createErrorHandler(logger, { onRefused: generation.events.refused, addressOf }));
  return app;
}
