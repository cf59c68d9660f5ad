import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parseOptions, targetNames, UsageError } from "./options.ts";
import { goalScenarioIds, scenarios } from "./scenarios.ts";

const parse = (...args: string[]) => parseOptions(args, { outFolder: "results" });

describe("parseOptions", () => {
  test("S1-61, S3-95: npm run bench without flags measures everything", async () => {
    const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
      scripts: Record<string, string>;
    };
    expect(manifest.scripts["bench"]).toBe("node bench/run.ts");
    expect(parse()).toMatchObject({
      targets: targetNames,
      scenarios,
      extras: ["routing", "start-up"],
      rounds: 5,
      outFolder: "results",
    });
  });

  test("--quick measures what the goals need, in less time", () => {
    const quick = parse("--quick");
    expect(quick.scenarios.map(({ id }) => id)).toEqual([...goalScenarioIds]);
    expect(quick.measureMs).toBeLessThan(parse().measureMs);
  });

  test("lists are taken in the order of the matrix, and extras may be the only scenarios", () => {
    expect(parse("--targets", "tokenhub, direct").targets).toEqual(["direct", "tokenhub"]);
    expect(parse("--scenarios", "routing")).toMatchObject({ scenarios: [], extras: ["routing"] });
  });

  test.each([
    [["--targets", "nginx"], 'there is no "nginx"'],
    [["--scenarios", "chat-c2-0ms"], 'there is no "chat-c2-0ms"'],
    [["--seconds", "soon"], "--seconds must be a number above 0"],
    [["--rounds", "0"], "--rounds must be a number above 0"],
    [["--fast"], "--fast"],
  ])("%j is refused with a sentence that names the mistake", (args, message) => {
    expect(() => parse(...args)).toThrow(UsageError);
    expect(() => parse(...args)).toThrow(message);
  });
});
