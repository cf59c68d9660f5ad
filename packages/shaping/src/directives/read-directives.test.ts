import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeInvalidDirective, type Directives } from "./directives.ts";
import { readDirectives } from "./read-directives.ts";

function readLine(pairs: string) {
  return readDirectives([`@@tokenhub ${pairs}\nWhat is the capital of France?`]);
}

function valid(directives: Directives, ignoredKeys: readonly string[] = []) {
  return { kind: "valid", directives, ignoredKeys };
}

const schema = { type: "object", properties: { name: { type: "string" } } };

describe("keys", () => {
  test.each<[string, Directives]>([
    ["mode=cheap", { mode: "cheap" }],
    ["mode=normal", { mode: "normal" }],
    ["mode=high_confidence", { mode: "high_confidence" }],
    ["mode=planning", { mode: "planning" }],
    ["mode=adversarial", { mode: "adversarial" }],
    ["mode=vote", { mode: "vote" }],
    ["mode=refine", { mode: "refine" }],
    ["mode=thompson", { mode: "thompson" }],
    ["strategy=weight_minus_cost", { strategy: "weight_minus_cost" }],
    ["model=openai/gpt-4.1:free", { model: "openai/gpt-4.1:free" }],
    ["budget=100", { maxBudgetUsd: 100 }],
    ["budget=.5", { maxBudgetUsd: 0.5 }],
    ["budget=1e-3", { maxBudgetUsd: 0.001 }],
    ["latency=300000", { maxLatencyMs: 300_000 }],
    ["latency=0.5", { maxLatencyMs: 0.5 }],
    ["max_cost=0.01", { maxCostPer1kUsd: 0.01 }],
    ["max_cost=0", { maxCostPer1kUsd: 0 }],
    ["min_context=8000", { minContextTokens: 8000 }],
    ["min_weight=150", { minWeight: 150 }],
    ["min_weight=-0", { minWeight: 0 }],
    ["primary_min_weight=5", { primaryMinWeight: 5 }],
    ["review_min_weight=7.5", { reviewMinWeight: 7.5 }],
    ["iterations=0", { iterations: 0 }],
    ["iterations=5", { iterations: 5 }],
    ["output_format=json", { outputFormat: "json" }],
    ["output_format=none", { outputFormat: "none" }],
    ["include_decision=true", { includeDecision: true }],
    ["return_plan_only=false", { returnPlanOnly: false }],
    [`output_schema=${JSON.stringify(schema)}`, { outputSchema: schema }],
    [
      `output_schema=${JSON.stringify(schema, null, 1).replaceAll("\n", " ")} mode=cheap`,
      { outputSchema: schema, mode: "cheap" },
    ],
    [`output_schema=${JSON.stringify(JSON.stringify(schema))}`, { outputSchema: schema }],
    ["output_schema=false", { outputSchema: false }],
    ['mode="cheap"', { mode: "cheap" }],
    ["mode=cheap budget=1 budget=1.0", { mode: "cheap", maxBudgetUsd: 1 }],
    ["mode=cheap @@end", { mode: "cheap" }],
  ])("S1-15, S1d-17: %s is read", (pairs, directives) => {
    expect(readLine(pairs)).toEqual(valid(directives));
  });

  test.each([
    ["budget=0", "budget"],
    ["budget=100.01", "budget"],
    ["budget=-1", "budget"],
    ["budget=0x10", "budget"],
    ["budget=NaN", "budget"],
    ["budget=Infinity", "budget"],
    ["budget=1e999", "budget"],
    ["budget=", "budget"],
    ["budget=5usd", "budget"],
    ["latency=0", "latency"],
    ["latency=300001", "latency"],
    ["latency=soon", "latency"],
    ["min_weight=-1", "min_weight"],
    ["primary_min_weight=-0.1", "primary_min_weight"],
    ["review_min_weight=many", "review_min_weight"],
    ["mode=bogus", "mode"],
    ["mode=Cheap", "mode"],
    ["mode=toString", "mode"],
    ["strategy=best", "strategy"],
    ["max_cost=-1", "max_cost"],
    ["min_context=1.5", "min_context"],
    ["min_context=-1", "min_context"],
    ["output_format=yaml", "output_format"],
    ["include_decision=yes", "include_decision"],
    ["return_plan_only=1", "return_plan_only"],
    ["model=", "model"],
    [`model=${"m".repeat(257)}`, "model"],
    ["output_schema={", "output_schema"],
    ["output_schema=[]", "output_schema"],
    ["output_schema=7", "output_schema"],
    ['output_schema={"$ref":"https://example.com/s"}', "output_schema"],
    ['output_schema={"pattern":"(a+)+"}', "output_schema"],
    ['mode="cheap', "mode"],
    ['mode="che\\qap"', "mode"],
    ["mode=cheap mode=vote", "mode"],
  ])("S1d-16: %s is refused, naming the key and not the value", (pairs, key) => {
    const reading = readLine(pairs);
    expect(reading).toMatchObject({ kind: "invalid", key });
    if (reading.kind !== "invalid") return;
    expect(describeInvalidDirective(reading)).toMatch(/^Directive `[a-z_]+` [a-z].*[a-z0-9)]\.$/);
    const value = pairs.slice(pairs.indexOf("=") + 1);
    if (value.length > 3 && !value.includes("mode=")) expect(reading.reason).not.toContain(value);
  });

  test.each(["iterations=6", "iterations=-1", "iterations=1.5", "iterations=ten"])(
    "S1d-18: %s is beyond the bounds",
    (pairs) => {
      expect(readLine(pairs)).toEqual({
        kind: "invalid",
        key: "iterations",
        reason: "must be a whole number at least 0 and at most 5",
      });
    },
  );

  test("S1d-15: unknown keys are ignored and reported by name alone", () => {
    expect(readLine("colour=blue mode=cheap __proto__=x constructor={} Mode=vote temperature=0.1")).toEqual(
      valid({ mode: "cheap" }, ["colour", "__proto__", "constructor", "Mode", "temperature"]),
    );
  });

  test("the report of unknown keys is bounded", () => {
    const pairs = Array.from({ length: 50 }, (_, n) => `key${n}=1`).join(" ");
    const reading = readLine(`${"k".repeat(100)}=1 ${pairs}`);
    expect(reading.kind === "valid" && reading.ignoredKeys).toHaveLength(20);
    expect(reading.kind === "valid" && reading.ignoredKeys[0]).toBe("k".repeat(64));
  });
});

describe("forms", () => {
  const block = { mode: "adversarial", primaryMinWeight: 5, reviewMinWeight: 7, iterations: 2 } as const;

  test("S1d-14: a block with mode, both weights and iterations is read", () => {
    const text =
      "@@tokenhub\nmode=adversarial\nprimary_min_weight=5\nreview_min_weight=7\niterations=2\n@@end\nPlan it.";
    expect(readDirectives([text])).toEqual(valid(block));
  });

  test.each<[string, string, Directives]>([
    ["blank lines and blanks", "\n  @@tokenhub \n\n  mode = cheap  \n\n  @@end  \n", { mode: "cheap" }],
    ["Windows line ends", "@@tokenhub\r\nmode=cheap\r\n@@end\r\nHello", { mode: "cheap" }],
    ["upper case marks", "@@TokenHub\nmode=cheap\n@@END", { mode: "cheap" }],
    [
      "pairs on the marker's line",
      "@@tokenhub mode=cheap\nbudget=1\n@@end\nHello",
      { mode: "cheap", maxBudgetUsd: 1 },
    ],
    ["a quoted value", '@@tokenhub\nmodel="gpt-4"\n@@end', { model: "gpt-4" }],
    [
      "a schema with spaces",
      '@@tokenhub\noutput_schema={ "type": "object" }\n@@end',
      { outputSchema: { type: "object" } },
    ],
    [
      "a schema over several lines",
      `@@tokenhub\noutput_schema=${JSON.stringify(schema, null, 2)}\nmode=cheap\n@@end`,
      { outputSchema: schema, mode: "cheap" },
    ],
    ["nothing", "@@tokenhub\n@@end", {}],
    ["a line behind other text", "Hello.\n@@tokenhub mode=cheap", { mode: "cheap" }],
    [
      "two directives",
      "@@tokenhub mode=cheap\nHello\n@@tokenhub budget=1",
      { mode: "cheap", maxBudgetUsd: 1 },
    ],
  ])("S1-15: a directive with %s is read", (_, text, directives) => {
    expect(readDirectives([text])).toEqual(valid(directives));
  });

  test.each([
    ["a block without its end", "@@tokenhub\nmode=cheap\n\nHello", "@@end"],
    ["a marker and nothing else", "@@tokenhub", "@@end"],
    [
      "a block that another directive cuts off",
      "@@tokenhub\nmode=cheap\n@@tokenhub\nmode=vote\n@@end",
      "@@end",
    ],
    ["prose inside a block", "@@tokenhub\nmode=cheap\nHello there\n@@end", "@@tokenhub"],
    ["prose behind a line's pairs", "@@tokenhub mode=cheap What is the capital?", "@@tokenhub"],
    ["something stuck to the marker", "@@tokenhub:mode=cheap", "@@tokenhub"],
    ["something stuck to a quoted value", '@@tokenhub mode="cheap"er', "@@tokenhub"],
  ])("S1d-16: %s is refused", (_, text, key) => {
    const reading = readDirectives([text]);
    expect(reading).toMatchObject({ kind: "invalid", key });
    expect(JSON.stringify(reading)).not.toMatch(/Hello|capital|cheap/);
  });

  test.each([
    "no directive at all",
    "Tell me about @@tokenhub mode=cheap",
    "> @@tokenhub mode=cheap",
    "@@end",
    "@ @tokenhub mode=cheap",
    "",
  ])("%j holds none", (text) => {
    expect(readDirectives([text])).toEqual({ kind: "none" });
  });
});

describe("place", () => {
  const line = "@@tokenhub mode=cheap\n";

  test("S1d-15: a directive that ends with byte 2,048 applies, one that ends a byte later is refused", () => {
    const text = (before: number) => `${"x".repeat(before - 1)}\n${line}rest`;
    expect(readDirectives([text(2048 - line.length + 1)])).toEqual(valid({ mode: "cheap" }));
    expect(readDirectives([text(2048 - line.length + 2)])).toMatchObject({
      kind: "invalid",
      key: "@@tokenhub",
    });
  });

  test("S1d-15: a directive that starts behind 2,048 bytes does not apply, bytes counted as UTF-8", () => {
    expect(readDirectives([`${"x".repeat(2047)}\n${line}`])).toEqual({ kind: "none" });
    expect(readDirectives([`${"é".repeat(1024)}\n${line}`])).toEqual({ kind: "none" });
    expect(readDirectives([`${"é".repeat(900)}\n${line}`])).toEqual(valid({ mode: "cheap" }));
    expect(readDirectives([`${"🙂".repeat(512)}\n${line}`])).toEqual({ kind: "none" });
  });

  test("the parts of a message are counted together", () => {
    expect(readDirectives([["x".repeat(2000), line]])).toEqual(valid({ mode: "cheap" }));
    expect(readDirectives([["x".repeat(2047), line]])).toMatchObject({ kind: "invalid" });
    expect(readDirectives([["x".repeat(2048), line]])).toEqual({ kind: "none" });
    expect(readDirectives([["x".repeat(3000), line]])).toEqual({ kind: "none" });
  });

  test("the last message that carries directives decides, alone", () => {
    const first = "@@tokenhub mode=vote budget=2\nHi";
    expect(readDirectives([first, "@@tokenhub mode=cheap\nHow?"])).toEqual(valid({ mode: "cheap" }));
    expect(readDirectives([first, "How?", "Why?"])).toEqual(valid({ mode: "vote", maxBudgetUsd: 2 }));
    expect(readDirectives([first, "@@tokenhub\n@@end\nPlain now."])).toEqual(valid({}));
    expect(readDirectives(["@@tokenhub mode=bogus", "@@tokenhub mode=cheap"])).toEqual(
      valid({ mode: "cheap" }),
    );
  });
});

test("any text gives a reading, and only text with the marker gives another than none", () => {
  const piece = fc.constantFrom(
    "@@tokenhub",
    "@@end",
    "mode=cheap",
    "budget=",
    "output_schema={",
    "}",
    '"',
    "\\",
    " ",
    "\n",
    "\r\n",
    "\u2028",
    "x",
    "é",
    "=",
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.array(text, { maxLength: 3 }), (messages) => {
      const reading = readDirectives(messages);
      if (!messages.some((message) => message.includes("@@tokenhub"))) expect(reading.kind).toBe("none");
      if (reading.kind === "invalid") expect(reading.reason).not.toBe("");
    }),
    { numRuns: 500 },
  );
});
