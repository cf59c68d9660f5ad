import { expect, test } from "vitest";
import { parseReply } from "./redis-connection.ts";

test.each([
  ["+PONG\r\n", { kind: "value", text: "PONG" }],
  [":7\r\n", { kind: "value", text: "7" }],
  ["$5\r\nab\r\nc\r\n", { kind: "value", text: "ab\r\nc" }],
  ["$-1\r\n", { kind: "value", text: null }],
  ["-NOAUTH no\r\n", { kind: "error", text: "NOAUTH no" }],
  ["$5\r\nabc", null],
  ["+PO", null],
])("%j decodes to %j", (received, reply) => {
  expect(parseReply(received)).toEqual(reply);
});
