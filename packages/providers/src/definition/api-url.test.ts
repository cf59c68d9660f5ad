import { describe, expect, test } from "vitest";
import { apiRoot, apiUrl } from "./api-url.ts";

describe("apiUrl", () => {
  test.each([
    "http://localhost:8000",
    "http://localhost:8000/",
    "http://localhost:8000//",
    "http://localhost:8000/v1",
    "http://localhost:8000/v1/",
    "http://localhost:8000/v1/chat/completions",
    "http://localhost:8000/v1/chat/completions/",
    "http://localhost:8000/v1/completions",
    "http://localhost:8000/v1/models",
  ])("%s reaches the same path", (baseUrl) => {
    expect(apiUrl(baseUrl, { path: "/chat/completions" })).toBe("http://localhost:8000/v1/chat/completions");
  });

  test("a path in front of the version is kept", () => {
    expect(apiUrl("https://api.groq.com/openai/v1/", { path: "/embeddings" })).toBe(
      "https://api.groq.com/openai/v1/embeddings",
    );
  });

  test("a configured prefix replaces the version", () => {
    expect(apiUrl("https://host/", { path: "/chat/completions", prefix: "/api/paas/v4" })).toBe(
      "https://host/api/paas/v4/chat/completions",
    );
    expect(apiUrl("https://host/v1beta/openai", { path: "/embeddings", prefix: "" })).toBe(
      "https://host/v1beta/openai/embeddings",
    );
  });

  test("a name that only ends like the version is not a version", () => {
    expect(apiRoot("https://host/model-v1")).toBe("https://host/model-v1");
    expect(apiRoot("https://host/apiv1")).toBe("https://host/apiv1");
  });
});
