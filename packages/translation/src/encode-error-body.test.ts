import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { encodeErrorBody } from "./encode-error-body.ts";

const codes = Object.keys(errorTable) as ErrorCode[];

test("the OpenAI shape carries message, type, param and code", () => {
  const error = {
    code: "context_length_exceeded",
    message: "Too long.",
    param: "messages",
    requestId: "req_1",
  } as const;
  expect(encodeErrorBody("openai", error)).toEqual({
    error: {
      message: "Too long.",
      type: "invalid_request_error",
      param: "messages",
      code: "context_length_exceeded",
    },
  });
});

test("the Anthropic shape carries type, message and the request id", () => {
  const error = { code: "overloaded", message: "Busy.", param: null, requestId: "req_1" } as const;
  expect(encodeErrorBody("anthropic", error)).toEqual({
    type: "error",
    error: { type: "overloaded_error", message: "Busy." },
    request_id: "req_1",
  });
});

test.each(codes)("%s takes its types from the error table", (code) => {
  const error = { code, message: "m", param: null, requestId: "r" };
  expect(encodeErrorBody("openai", error)).toMatchObject({
    error: { type: errorTable[code].openAiType, code },
  });
  expect(encodeErrorBody("anthropic", error)).toMatchObject({
    error: { type: errorTable[code].anthropicType },
  });
});
