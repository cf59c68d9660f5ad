import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeReplyMessage, decodeStoredResult, encodeStoredResult } from "./reply-message.ts";

const oneLine = fc.string().map((text) => text.replaceAll("\n", " "));

it("a stored result survives its encoding whatever the answer contains", () => {
  fc.assert(
    fc.property(fc.nat(), oneLine, fc.string(), (frameCount, resultJson, body) => {
      expect(decodeStoredResult(encodeStoredResult({ frameCount, resultJson, body }))).toEqual({
        frameCount,
        resultJson,
        body,
      });
    }),
  );
});

it("a frame keeps its text, line breaks included", () => {
  expect(decodeReplyMessage("F\nreq_1\n7\ndata: a\n\ndata: b\n\n")).toEqual({
    kind: "frame",
    requestId: "req_1",
    sequence: 7,
    text: "data: a\n\ndata: b\n\n",
  });
});

it("messages of an unknown kind or cut short are no messages", () => {
  for (const text of ["", "X\nreq_1", "F\nreq_1", "F\nreq_1\n7"]) expect(decodeReplyMessage(text)).toBeNull();
});
