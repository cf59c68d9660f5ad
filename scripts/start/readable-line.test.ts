import { expect, test } from "vitest";
import { isWorthShowing, readableLine } from "./readable-line.ts";

test("warnings, errors and plain text are shown, information is not", () => {
  expect(isWorthShowing('{"level":30,"msg":"listening"}')).toBe(false);
  expect(isWorthShowing('{"level":"info","msg":"listening"}')).toBe(false);
  expect(isWorthShowing('{"level":40,"msg":"slow"}')).toBe(true);
  expect(isWorthShowing('{"level":"error","msg":"bad"}')).toBe(true);
  expect(isWorthShowing("TOKENHUB_X must be a number.")).toBe(true);
  expect(isWorthShowing("  ")).toBe(false);
});

test("a JSON line becomes level, message, a few fields and the error's message", () => {
  const record = {
    level: 50,
    time: 1,
    pid: 2,
    msg: "call failed",
    provider: "openai",
    err: { message: "reset", stack: "x" },
  };
  expect(readableLine(JSON.stringify(record))).toBe("error call failed (provider=openai, error: reset)");
});

test("a line that only looks like JSON is shown as it is", () => {
  expect(readableLine("{ not json")).toBe("{ not json");
});
