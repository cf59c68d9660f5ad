import { describe, expect, test } from "vitest";
import { replyHeaders } from "./reply-headers.ts";

describe("replyHeaders", () => {
  test("keeps the rate-limit family and the request id and nothing else", () => {
    const kept = {
      "x-ratelimit-remaining-requests": "9",
      "anthropic-ratelimit-tokens-reset": "2026-11-21T00:00:00Z",
      "retry-after": "3",
      "retry-after-ms": "3000",
      "x-request-id": "abc",
      "request-id": "def",
    };
    expect(replyHeaders({ ...kept, "set-cookie": ["a=b"], server: "x", "content-type": "y" })).toEqual(kept);
  });

  test("takes the first of repeated values and cuts long ones", () => {
    expect(replyHeaders({ "x-request-id": ["one", "two"], "retry-after": "9".repeat(1_000) })).toEqual({
      "x-request-id": "one",
      "retry-after": "9".repeat(256),
    });
  });
});
