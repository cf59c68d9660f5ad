import { expect, test } from "vitest";
import { z } from "zod";
import { judgeAnswer } from "./judge-answer.ts";

const answer = z.looseObject({ status: z.literal("healthy") });

test("an answer with the status and the fields that were promised is right", () => {
  expect(judgeAnswer({ status: 200, answer }, { status: 200, body: '{"status":"healthy","more":1}' })).toBe(
    null,
  );
  expect(
    judgeAnswer({ status: 200, answer: z.string().regex(/^up 1$/m) }, { status: 200, body: "up 1\n" }),
  ).toBe(null);
});

test("another status is told with the beginning of the body, in one line", () => {
  const problem = judgeAnswer({ status: 200, answer }, { status: 404, body: `not\nhere${"x".repeat(500)}` });
  expect(problem).toMatch(/^status 404 instead of 200: not herex+\.\.\.$/);
});

test("a wrong field is told by its name, in one line", () => {
  const problem = judgeAnswer({ status: 200, answer }, { status: 200, body: '{"status":"ill"}' });
  expect(problem).toContain("status");
  expect(problem).not.toContain("\n");
});
