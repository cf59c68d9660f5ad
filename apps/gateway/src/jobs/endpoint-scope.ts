import type { Scope } from "../sync/generation-endpoint.ts";

const scopes: Readonly<Record<string, Scope>> = {
  "/v1/embeddings": "embeddings",
  "/v1/plan": "plan",
  "/v1/adversarial": "plan",
};

/** What a key must be allowed to do for the jobs of an endpoint. */
export function scopeOfEndpoint(endpoint: string): Scope {
  return scopes[endpoint] ?? "chat";
}
