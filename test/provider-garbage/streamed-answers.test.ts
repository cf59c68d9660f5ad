import { until, upstreamKey } from "@tokenhub/testkit";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { providerFormats, startGarbageBench, type GarbageBench } from "./garbage-bench.ts";
import { afterTheFirstToken, streamedAnswerCases } from "./streamed-answer-cases.ts";

let bench: GarbageBench;
beforeAll(async () => {
  bench = await startGarbageBench(inject("redisUrl"), streamedAnswerCases);
});
afterAll(() => bench[Symbol.asyncDispose]());

describe.concurrent("a stream", () => {
  it.each(streamedAnswerCases.map((garbage) => ({ garbage, title: garbage.name })))(
    "$title: settled for both kinds of callers, whichever format the provider speaks, and the next one is served",
    async ({ garbage }) => {
      expect(await bench.faultsOf(garbage, { stream: true })).toEqual([]);
    },
  );
});

describe("a stream without usage", () => {
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
  it("made a service fail, put our key into the log, or called a provider again after a token", () => {
    const lines = bench.network.logLines;
    expect(lines.filter((line) => /"level":"(?:error|fatal)"/.test(line)).slice(0, 3)).toEqual([]);
    expect(lines.filter((line) => line.includes(upstreamKey)).slice(0, 3)).toEqual([]);
    for (const { name } of afterTheFirstToken) expect([name, bench.upstream.calls(name)]).toEqual([name, 4]);
  });
});
