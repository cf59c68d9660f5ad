import { glob, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string): Promise<string> => readFile(`${root}/${name}`, "utf8");

it("S0-46, S2-76: npm test sets everything up and runs the whole suite", async () => {
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
  expect(scripts["pretest"]).toBe("node scripts/setup.mjs");
  expect(scripts["test"]).toBe("vitest run");
  expect(await read("README.md")).toContain("npm test");
});

it("S1-37: every package and service has tests beside its source, routing, persistence and vault above all", async () => {
  const untested: string[] = [];
  for await (const folder of glob(["packages/*", "apps/*"], { cwd: root })) {
    if (/\.md$|mock-llm|testkit|node_modules/.test(folder)) continue;
    const tests = await Array.fromAsync(glob(`${folder}/src/**/*.test.ts`, { cwd: root }));
    const isCore = /routing|persistence|vault/.test(folder);
    if (tests.length < (isCore ? 8 : 1)) untested.push(`${folder}: ${tests.length}`);
  }
  expect(untested).toEqual([]);
});
