import path from "node:path";
import { z } from "zod";

/** How one test ended. `title` is its own, without the blocks around it; `file` is relative, with slashes. */
export interface TestOutcome {
  readonly file: string;
  readonly title: string;
  readonly status: "failed" | "passed" | "skipped";
}

/** The results of one run: every test, and every file that took part, also one that could not be loaded. */
export interface TestResults {
  readonly files: readonly string[];
  readonly outcomes: readonly TestOutcome[];
}

const resultsSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(z.object({ title: z.string(), status: z.string() })),
    }),
  ),
});

/**
 * Reads what the JSON reporter of vitest wrote.
 *
 * @throws SyntaxError or ZodError when the text is something else.
 */
export function parseTestResults(text: string, { root }: { root: string }): TestResults {
  const { testResults } = resultsSchema.parse(JSON.parse(text));
  const files = testResults.map(({ name, assertionResults }) => ({
    file: path.relative(root, name).replaceAll(path.sep, "/"),
    assertionResults,
  }));
  return {
    files: files.map(({ file }) => file),
    outcomes: files.flatMap(({ file, assertionResults }) =>
      assertionResults.map(({ title, status }) => ({ file, title, status: statusOf(status) })),
    ),
  };
}

function statusOf(status: string): TestOutcome["status"] {
  return status === "passed" || status === "failed" ? status : "skipped";
}
