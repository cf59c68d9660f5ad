import { Writable } from "node:stream";
import { Secret } from "@tokenhub/config";
import { expect, test } from "vitest";
import { createLogger, type LoggerOptions } from "./logger.ts";

function setUp(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger({ service: "gateway", level: "debug", destination, ...options });
  return { logger, lines, last: (): unknown => JSON.parse(lines.at(-1) ?? "null") };
}

test("S3-88: every line is one JSON object with level, ISO time, service, message and the given fields", () => {
  const { logger, lines, last } = setUp();
  logger.info({ requestId: "req_1", count: 2 }, "request %s accepted", "req_1");
  expect(lines[0]?.endsWith("}\n")).toBe(true);
  expect(last()).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    service: "gateway",
    requestId: "req_1",
    count: 2,
    msg: "request req_1 accepted",
  });
});

test("a child writes its fields on every line, next to those of its parent", () => {
  const { logger, last } = setUp();
  logger.child({ requestId: "req_1" }).child({ attempt: 2 }).info({ more: true }, "retry");
  expect(last()).toMatchObject({
    service: "gateway",
    requestId: "req_1",
    attempt: 2,
    more: true,
    msg: "retry",
  });
});

test("lines below the level are not written", () => {
  const { logger, lines } = setUp({ level: "warn" });
  logger.info("no");
  logger.warn("yes");
  expect(lines).toHaveLength(1);
});

test("S1d-6: no way of logging lets a secret through", () => {
  const { logger, lines } = setUp();
  const key = new Secret("hunter2");
  const headers = {
    authorization: "Bearer hunter2",
    "X-Api-Key": "hunter2",
    "api-key": ["hunter2"],
    Cookie: "hunter2",
  };
  const error = Object.assign(new Error("refused sk-hunter2hunter2", { cause: { request: { headers } } }), {
    config: { headers },
  });
  logger.info({ key, headers, deep: { list: [{ key, headers }] } }, "fields");
  logger.info({ apiKey: "hunter2", password: "hunter2" }, "names");
  logger.info("text with Bearer hunter2hunter2 in it");
  logger.info("interpolated %s %j %o", key, { headers }, { key });
  logger.child({ key, headers }).info("bindings");
  logger.child({ a: 1 }).child({ key, headers }).info("inner bindings");
  logger.error(error);
  logger.error({ err: error, headers: new Headers({ "x-api-key": "hunter2" }) }, "failed");
  logger.error({ map: new Map([["authorization", "hunter2"]]), url: new URL("redis://:hunter2@host") });
  expect(lines).toHaveLength(9);
  expect(lines.join("")).not.toContain("hunter2");
  expect(lines.join("")).toContain("[secret]");
});

test("an error is logged with type, message, code, stack and cause", () => {
  const { logger, last } = setUp();
  const cause = Object.assign(new RangeError("inner"), { code: "EINNER" });
  logger.error(new TypeError("outer", { cause }));
  expect(last()).toMatchObject({
    msg: "outer",
    err: {
      type: "TypeError",
      message: "outer",
      stack: expect.stringContaining("logger.test.ts"),
      cause: { type: "RangeError", message: "inner", code: "EINNER" },
    },
  });
});

test("cycles, deep nesting and big integers do not stop a line from being written", () => {
  const { logger, last } = setUp();
  const cycle: Record<string, unknown> = { size: 10n, at: new Date(0), bytes: new Uint8Array(3) };
  cycle["self"] = cycle;
  let deep: unknown = "end";
  for (let level = 0; level < 50; level += 1) deep = { deep };
  logger.info({ cycle, deep }, "odd");
  expect(last()).toMatchObject({
    cycle: { size: "10", at: "1970-01-01T00:00:00.000Z", bytes: "[3 bytes]", self: "[circular]" },
  });
  expect(JSON.stringify(last())).toContain("[too deep]");
});

test("that a credential header was absent stays visible", () => {
  const { logger, last } = setUp();
  logger.info({ headers: { authorization: null, "x-api-key": "" } });
  expect(last()).toMatchObject({ headers: { authorization: null, "x-api-key": "" } });
});
