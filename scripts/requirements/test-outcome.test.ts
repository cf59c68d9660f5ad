import { expect, test } from "vitest";
import { parseTestResults } from "./test-outcome.ts";

test("results keep the own title of each test, its ending, and files that could not be loaded", () => {
  const text = JSON.stringify({
    success: false,
    testResults: [
      {
        name: "/repo/packages/x/src/a.test.ts",
        status: "failed",
        assertionResults: [
          { ancestorTitles: ["block"], fullName: "block S0-1: a", title: "S0-1: a", status: "passed" },
          { ancestorTitles: [], fullName: "b", title: "b", status: "failed", failureMessages: ["no"] },
          { ancestorTitles: [], fullName: "c", title: "c", status: "pending" },
          { ancestorTitles: [], fullName: "d", title: "d", status: "todo" },
        ],
      },
      { name: "/repo/test/broken.test.ts", status: "failed", assertionResults: [] },
    ],
  });
  const file = "packages/x/src/a.test.ts";
  expect(parseTestResults(text, { root: "/repo" })).toEqual({
    files: [file, "test/broken.test.ts"],
    outcomes: [
      { file, title: "S0-1: a", status: "passed" },
      { file, title: "b", status: "failed" },
      { file, title: "c", status: "skipped" },
      { file, title: "d", status: "skipped" },
    ],
  });
});

test.each(["", "{}", "[]", '{"testResults":[{"name":1}]}', '{"testResults":'])(
  "%j is refused instead of counting as no tests",
  (text) => {
    expect(() => parseTestResults(text, { root: "/repo" })).toThrow(Error);
  },
);
