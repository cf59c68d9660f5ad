import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.dirname(path.dirname(import.meta.dirname));
const read = (name: string): Promise<string> => readFile(path.join(root, name), "utf8");

it("S0-51, S1-63: the licence is MIT, in LICENSE, and the README leads to it", async () => {
  const licence = await read("LICENSE");
  expect(licence).toMatch(/^MIT License\n/);
  expect(licence).toContain("Permission is hereby granted, free of charge");
  expect(licence).toContain('THE SOFTWARE IS PROVIDED "AS IS"');
  expect(await read("README.md")).toContain("](LICENSE)");
  expect(JSON.parse(await read("package.json"))).toMatchObject({ license: "MIT" });
});

it("S3-96: a workflow runs on every change what a developer runs: .ci/run, which is the tests, the rows and the checks", async () => {
  const workflow = await read(".github/workflows/ci.yml");
  expect(workflow).toMatch(/^on:\n(?: .*\n)* {2}pull_request:/m);
  expect(workflow).toMatch(/^ +- run: \.ci\/run$/m);
  const script = await read(".ci/run");
  for (const command of ["npm test", "npm run requirements", "npm run verify"])
    expect(script).toContain(command);
});

it("S1-61, S3-95: one command measures under load, and what it measured is in the repository", async () => {
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
  expect(scripts["bench"]).toBe("node bench/run.ts");
  const results = await read("bench/results/latest.md");
  expect(results).toContain("npm run bench");
  expect(results).toMatch(/tokenhub/i);
  expect(await read("README.md")).toContain("bench");
});
