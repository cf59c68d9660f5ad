import { isJsonObject, stringOf, type JsonObject } from "../json-value.ts";
import { defaultPlanName } from "../plans/plan-book.ts";
import { messagesPromptBytes } from "../surfaces/anthropic-messages/read-question.ts";
import { encodeModel, encodeModels, stockModels } from "../surfaces/models/encode-models.ts";
import { upstreamError } from "../surfaces/upstream-error.ts";
import type { Exchange } from "./exchange.ts";
import type { ProviderDeps } from "./provider-deps.ts";
import { deploymentOf, type Route } from "./route.ts";
import { serveEmbeddings } from "./serve-embeddings.ts";
import { serveGeneration } from "./serve-generation.ts";
import { servePlainPath } from "./serve-plain-path.ts";

/** Answers one request to a path of the imitated providers. */
export function serveProviderCall(
  exchange: Exchange,
  { route, deps }: { readonly route: Route; readonly deps: ProviderDeps },
): void | Promise<void> {
  const { kind } = route;
  switch (kind) {
    case "unknown":
      return exchange.sendError(
        upstreamError(404, { message: "There is no such path.", code: "unknown_url" }),
      );
    case "wrong_method":
      return exchange.sendError(upstreamError(405));
    case "models":
      return servePlainPath(exchange, { planName: "/v1/models", body: modelList(exchange, deps), deps });
    case "model":
      return serveModel(exchange, { id: route.id, deps });
    case "generate":
    case "embeddings":
    case "count_tokens": {
      const body = requestBody(exchange);
      if (body === null) {
        return exchange.sendError(upstreamError(400, { message: "The body is not a JSON object." }));
      }
      if (kind === "generate") return serveGeneration(exchange, { surface: route.surface, body, deps });
      return kind === "embeddings"
        ? serveEmbeddings(exchange, { body, deps })
        : serveTokenCount(exchange, { body, deps });
    }
  }
}

/** The request's JSON; an Azure path names the model instead of the body. */
function requestBody(exchange: Exchange): JsonObject | null {
  const { body, call } = exchange;
  if (!isJsonObject(body)) return null;
  const deployment = stringOf(body["model"]) === null ? deploymentOf(call.path) : null;
  return deployment === null ? body : { ...body, model: deployment };
}

function serveTokenCount(
  exchange: Exchange,
  { body, deps }: { readonly body: JsonObject; readonly deps: ProviderDeps },
): void | Promise<void> {
  if (stringOf(body["model"]) === null) {
    return exchange.sendError(upstreamError(400, { message: "model: Field required" }));
  }
  const count = { input_tokens: Math.floor(messagesPromptBytes(body) / 4) };
  return servePlainPath(exchange, { planName: "/v1/messages/count_tokens", body: count, deps });
}

function serveModel(
  exchange: Exchange,
  { id, deps }: { readonly id: string; readonly deps: ProviderDeps },
): void | Promise<void> {
  if (!modelIds(deps).includes(id)) {
    return exchange.sendError(upstreamError(404, { message: "There is no such model." }));
  }
  const body = encodeModel(id, { family: exchange.family });
  return servePlainPath(exchange, { planName: "/v1/models/{id}", body, deps });
}

function modelList(exchange: Exchange, deps: ProviderDeps): unknown {
  return encodeModels(modelIds(deps), { family: exchange.family });
}

/** The models that have plans, or the stock ones when none has. */
function modelIds({ plans }: ProviderDeps): readonly string[] {
  const planned = [...plans.all().keys()].filter((name) => name !== defaultPlanName && !name.startsWith("/"));
  return planned.length > 0 ? planned : stockModels;
}
