import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isErrorValue, readErrorBody } from "./read-error-body.ts";

describe("readErrorBody reads", () => {
  test.each([
    [
      "OpenAI",
      { error: { message: "m", type: "insufficient_quota", param: null, code: "insufficient_quota" } },
      { message: "m", code: "insufficient_quota", type: "insufficient_quota" },
    ],
    [
      "Anthropic",
      { type: "error", error: { type: "overloaded_error", message: "m" }, request_id: "r" },
      { message: "m", code: null, type: "overloaded_error" },
    ],
    [
      "vLLM without envelope",
      { object: "error", message: "m", type: "BadRequestError", param: null, code: 400 },
      { message: "m", code: "400", type: "BadRequestError" },
    ],
    [
      "an error that is text",
      { error: "model not found" },
      { message: "model not found", code: null, type: null },
    ],
    ["FastAPI text", { detail: "Not Found" }, { message: "Not Found", code: null, type: null }],
    [
      "FastAPI findings",
      { detail: [{ loc: ["body"], msg: "field required" }, { msg: "too long" }] },
      { message: "field required; too long", code: null, type: null },
    ],
    [
      "a list around an error",
      [{ error: { code: 429, message: "m", status: "RESOURCE_EXHAUSTED" } }],
      { message: "m", code: "429", type: null },
    ],
    [
      "an event of a response that failed",
      { type: "response.failed", response: { id: "r", error: { code: "server_error", message: "m" } } },
      { message: "m", code: "server_error", type: null },
    ],
    ["a plain JSON string", "no", { message: "no", code: null, type: null }],
  ])("%s", (_name, body, words) => {
    expect(readErrorBody(JSON.stringify(body))).toEqual(words);
  });

  test("plain text as the message", () => {
    expect(readErrorBody("upstream connect error\n")).toEqual({
      message: "upstream connect error",
      code: null,
      type: null,
    });
  });

  test.each(["", "   ", "<html><body>502 Bad Gateway</body></html>", "[]", "null", "17"])(
    "nothing from %j",
    (text) => {
      expect(readErrorBody(text)).toEqual({ message: null, code: null, type: null });
    },
  );

  test("any JSON and any text without throwing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const words = readErrorBody(text);
        expect(Object.keys(words).toSorted()).toEqual(["code", "message", "type"]);
      }),
    );
  });
});

describe("isErrorValue", () => {
  test.each([
    { error: { message: "m" } },
    { error: "m" },
    { type: "error", error: { type: "api_error" } },
    { object: "error", message: "m" },
  ])("%j is an error", (value) => {
    expect(isErrorValue(value)).toBe(true);
  });

  test.each([
    { choices: [], error: null },
    { choices: [{}], error: { message: "a warning beside an answer" } },
    { content: [], error: {} },
    { data: [], error: {} },
    { error: null },
    { error: "" },
    { type: "message", content: [] },
    [],
    "error",
    null,
    undefined,
  ])("%j is not", (value) => {
    expect(isErrorValue(value)).toBe(false);
  });
});
