import { anthropicMessages } from "../surfaces/anthropic-messages/anthropic-messages.ts";
import { openAiChat } from "../surfaces/openai-chat/openai-chat.ts";
import { openAiCompletions } from "../surfaces/openai-completions/openai-completions.ts";
import { openAiResponses } from "../surfaces/openai-responses/openai-responses.ts";
import type { GenerationSurface } from "../surfaces/surface.ts";
import type { ProviderFamily } from "../surfaces/upstream-error.ts";

/** What stands behind a path of the imitated providers. */
export type Route =
  | { readonly kind: "generate"; readonly family: ProviderFamily; readonly surface: GenerationSurface }
  | { readonly kind: "embeddings" | "models"; readonly family: "openai" }
  | { readonly kind: "count_tokens"; readonly family: "anthropic" }
  | { readonly kind: "model"; readonly family: "openai"; readonly id: string }
  | { readonly kind: "wrong_method" | "unknown"; readonly family: ProviderFamily };

const posts = new Map<string, Route>([
  ["/chat/completions", { kind: "generate", family: "openai", surface: openAiChat }],
  ["/responses", { kind: "generate", family: "openai", surface: openAiResponses }],
  ["/completions", { kind: "generate", family: "openai", surface: openAiCompletions }],
  ["/embeddings", { kind: "embeddings", family: "openai" }],
  ["/messages", { kind: "generate", family: "anthropic", surface: anthropicMessages }],
  ["/messages/count_tokens", { kind: "count_tokens", family: "anthropic" }],
]);

const modelPrefix = "/models/";
const azureDeployment = /^\/openai\/deployments\/([^/]+)(\/.+)$/;

/** Finds what answers a request; `path` is without query, and its `/v1` or Azure prefix does not matter. */
export function routeOf(method: string, path: string): Route {
  const short = shortPath(path);
  const post = posts.get(short);
  if (post !== undefined) return method === "POST" ? post : { kind: "wrong_method", family: post.family };
  const isModel = short.startsWith(modelPrefix) && short.length > modelPrefix.length;
  if (short !== "/models" && !isModel) {
    return { kind: "unknown", family: short.startsWith("/messages/") ? "anthropic" : "openai" };
  }
  if (method !== "GET") return { kind: "wrong_method", family: "openai" };
  if (!isModel) return { kind: "models", family: "openai" };
  return { kind: "model", family: "openai", id: decode(short.slice(modelPrefix.length)) };
}

/** The deployment that an Azure path names in the place of a model; null for other paths. */
export function deploymentOf(path: string): string | null {
  const name = azureDeployment.exec(path)?.[1];
  return name === undefined ? null : decode(name);
}

/** Percent-decoding that takes a broken code for plain text. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function shortPath(path: string): string {
  if (path.startsWith("/v1/")) return path.slice("/v1".length);
  if (!path.startsWith("/openai/")) return path;
  if (path.startsWith("/openai/v1/")) return path.slice("/openai/v1".length);
  return azureDeployment.exec(path)?.[2] ?? path;
}
