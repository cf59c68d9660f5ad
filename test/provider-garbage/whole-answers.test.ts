import { until, upstreamKey } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { providerFormats, startGarbageBench, type GarbageBench } from "./garbage-bench.ts";
import { wholeAnswerCases } from "./whole-answer-cases.ts";

let bench: GarbageBench;
beforeAll(async () => {
  bench = await startGarbageBench(inject("redisUrl"), wholeAnswerCases);
});
afterAll(() => bench[Symbol.asyncDispose]());

describe.concurrent("a whole answer", () => {
  it.each(wholeAnswerCases.map((garbage) => ({ garbage, title: garbage.name })))(
    "$title: settled for both kinds of callers, whichever format the provider speaks, and the next one is served",
    async ({ garbage }) => {
      expect(await bench.faultsOf(garbage, { stream: false })).toEqual([]);
    },
  );
});

describe("a redirect", () => {
  it("is not followed, and is not tried again", () => {
    // Once for each of two formats and two callers.
    expect(bench.upstream.calls("a redirect: 302 Found")).toBe(4);
    expect(bench.upstream.calls("elsewhere")).toBe(0);
  });
});

describe("an answer without usage", () => {
  it("is recorded with an estimate", async () => {
    for (const provider of providerFormats) {
      const estimates = (): string[] =>
        bench.usageSources("no usage", provider).filter((source) => source === "estimated");
      await until("the records", () => estimates().length === 2);
      expect(estimates()).toHaveLength(2);
    }
  });
});

describe("none of it", () => {
  it("made a service fail or put a provider's page or our key into the log", () => {
    const lines = bench.network.logLines;
    expect(lines.filter((line) => /"level":"(?:error|fatal)"/.test(line)).slice(0, 3)).toEqual([]);
    expect(lines.filter((line) => line.includes("Whoops") || line.includes(upstreamKey)).slice(0, 3)).toEqual(
      [],
    );
  });
});
