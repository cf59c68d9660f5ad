import { buildRunFact } from "@tokenhub/persistence/testing";
import { describe, expect, test } from "vitest";
import { buildFact, buildIncident } from "./build-fact.fixture.ts";
import { readFact } from "./read-fact.ts";

const { result, ...fact } = buildFact(1);

describe("an entry of the fact stream", () => {
  test("is put together from the fact and the result that was stored once beside it", () => {
    const fields = ["fact", JSON.stringify(fact), "result", JSON.stringify(result)];
    expect(readFact(fields)).toEqual({ kind: "fact", fact: { ...fact, result } });
    const otherOrder = [...fields.slice(2), ...fields.slice(0, 2)];
    expect(readFact(otherOrder)).toEqual({ kind: "fact", fact: { ...fact, result } });
  });

  test("may be an incident, which has no result", () => {
    expect(readFact(["fact", JSON.stringify(buildIncident(1))])).toMatchObject({
      kind: "fact",
      fact: { type: "call-incident" },
    });
  });

  test("may be a run, whatever is stored beside it", () => {
    const run = buildRunFact(1);
    const fields = ["fact", JSON.stringify(run), "result", JSON.stringify(result)];
    expect(readFact(fields)).toEqual({ kind: "fact", fact: run });
    expect(readFact(fields.slice(0, 2))).toEqual({ kind: "fact", fact: run });
  });

  test.each([
    ["no JSON", ["fact", "{"], "it is not JSON"],
    ["no fact at all", ["other", "1"], 'it does not fit this release at ""'],
    [
      "of a newer version",
      ["fact", JSON.stringify({ ...fact, v: 2 }), "result", JSON.stringify(result)],
      'request-finished of version 2 does not fit this release at "v"',
    ],
    [
      "of a kind this release does not know",
      ["fact", JSON.stringify({ v: 1, type: "run-finished" })],
      'run-finished of version 1 does not fit this release at "type"',
    ],
  ])("that is %s is unreadable, and the reason holds none of its content", (_, fields, reason) => {
    expect(readFact(fields)).toEqual({ kind: "unreadable", reason });
  });

  test("content that looks like a kind of fact is not repeated in the reason", () => {
    const read = readFact(["fact", JSON.stringify({ v: "my prompt", type: "My Prompt!" })]);
    expect(JSON.stringify(read)).not.toMatch(/prompt/i);
  });
});
