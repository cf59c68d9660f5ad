import { expect, test } from "vitest";
import { redactText } from "./redact-text.ts";

test.each([
  ["Authorization: Bearer abcdefghijk.lmn", "Authorization: Bearer [secret]"],
  ["Incorrect API key provided: sk-proj-abc_DEF-123456.", "Incorrect API key provided: [secret]."],
  ["sk-ant-api03-AAAAAAAA is refused", "[secret] is refused"],
  [`key tokenhub_${"0a".repeat(32)} unknown`, "key [secret] unknown"],
  ["postgres://hub:s3cr%2Ft@db:5432/hub failed", "postgres://hub:[secret]@db:5432/hub failed"],
  ["redis://:hunter2@cache:6379", "redis://:[secret]@cache:6379"],
])("%s is shown as %s", (text, expected) => {
  expect(redactText(text)).toBe(expected);
});

test("ordinary text stays as it is", () => {
  const text = "task-oriented request to http://localhost:8000/v1 took 12:30@noon; bearer of news";
  expect(redactText(text)).toBe(text);
});
