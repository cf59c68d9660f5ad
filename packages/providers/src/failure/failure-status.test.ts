import { describe, expect, test } from "vitest";
import { failureStatus } from "./failure-status.ts";

const words = (code: string | null, type: string | null = null) => ({ message: null, code, type });

describe("failureStatus", () => {
  test("an HTTP error keeps its status whatever the body says", () => {
    expect(failureStatus(500, words("rate_limit_exceeded"))).toBe(500);
  });

  test.each([
    ["429", null, 429],
    ["rate_limit_exceeded", null, 429],
    ["insufficient_quota", null, 429],
    [null, "overloaded_error", 529],
    [null, "authentication_error", 401],
    [null, "invalid_request_error", 400],
    ["context_length_exceeded", "invalid_request_error", 400],
    ["something_new", "something_else", 500],
    ["200", null, 500],
    [null, "toString", 500],
    [null, null, 500],
  ])("inside a 200, code %s and type %s stand for %i", (code, type, status) => {
    expect(failureStatus(200, words(code, type))).toBe(status);
  });
});
