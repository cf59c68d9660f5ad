import { expect, it } from "vitest";
import { deploymentOf, routeOf } from "./route.ts";

it.each([
  ["POST", "/v1/chat/completions", { kind: "generate", family: "openai" }],
  ["POST", "/chat/completions", { kind: "generate", family: "openai" }],
  ["POST", "/v1/messages", { kind: "generate", family: "anthropic" }],
  ["POST", "/openai/deployments/my-gpt/embeddings", { kind: "embeddings" }],
  ["POST", "/openai/v1/responses", { kind: "generate", family: "openai" }],
  ["POST", "/v1/messages/count_tokens", { kind: "count_tokens" }],
  ["GET", "/v1/models", { kind: "models" }],
  ["GET", "/v1/models/org/name", { kind: "model", id: "org/name" }],
  ["GET", "/v1/models/org%2Fname", { kind: "model", id: "org/name" }],
  ["GET", "/v1/models/50%", { kind: "model", id: "50%" }],
  ["GET", "/v1/messages", { kind: "wrong_method", family: "anthropic" }],
  ["DELETE", "/v1/models", { kind: "wrong_method", family: "openai" }],
  ["POST", "/v1/messages/batches", { kind: "unknown", family: "anthropic" }],
  ["POST", "/v1/v1/models", { kind: "unknown", family: "openai" }],
  ["GET", "/", { kind: "unknown" }],
])("%s %s is %j", (method, path, route) => {
  expect(routeOf(method, path)).toMatchObject(route);
});

it("an Azure path names the model", () => {
  expect(deploymentOf("/openai/deployments/my%20gpt/chat/completions")).toBe("my gpt");
  expect(deploymentOf("/v1/chat/completions")).toBeNull();
});
