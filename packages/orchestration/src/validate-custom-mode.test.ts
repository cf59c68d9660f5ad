import { expect, test } from "vitest";
import { anyModel } from "./default-settings.ts";
import { draftCall } from "./draft-call.ts";
import { builtInModes } from "./mode-registry.ts";
import { debateMode } from "./test-debate-mode.ts";
import { answered, inputFor, runThrough, successOf } from "./test-runs.ts";
import { validateCustomMode } from "./validate-custom-mode.ts";

test("S2-53: a module's own mode passes as it is, and runs by the same engine", () => {
  const mode = validateCustomMode({ mode: debateMode });
  expect(mode).toBe(debateMode);
  expect(validateCustomMode({ default: debateMode })).toBe(debateMode);
  const { ids, state } = runThrough({ mode, input: inputFor({ mode }) }, ({ spec }) => answered(spec.callId));
  expect(ids).toEqual(["speech.1", "speech.2", "conclusion.1"]);
  expect(successOf(state)).toMatchObject({
    text: "conclusion.1",
    reason: "debate",
    artefacts: { speeches: 2 },
  });
});

test("the product's own modes keep the rules that others are held to", () => {
  for (const mode of builtInModes) expect(validateCustomMode({ mode })).toBe(mode);
});

const call = draftCall({ callId: "speech.1", role: "speaker", model: anyModel });

test.each<[string, unknown]>([
  ["exports no `mode`", undefined],
  ["`mode`", 5],
  ["`mode.name`", { ...debateMode, name: "Debate" }],
  ["`mode.version`", { ...debateMode, version: 0 }],
  ["`mode.description`", { ...debateMode, description: undefined }],
  ["`mode.phases`", { ...debateMode, phases: [] }],
  ["`mode.phases.0.name`", { ...debateMode, phases: [{ name: "A b", role: "x", description: "" }] }],
  ["`mode.templates.side` must be a text", { ...debateMode, templates: { side: 5 } }],
  ["`mode.normalise` must be a function", { ...debateMode, normalise: undefined }],
  ["`mode.worstCase` must be a function", { ...debateMode, worstCase: 5 }],
  ["`mode.next` must be a function", { ...debateMode, next: {} }],
  ["`mode.artefacts` must be a function", { ...debateMode, artefacts: {} }],
  ["placeholder {{Side}}", { ...debateMode, templates: { ...debateMode.templates, side: "{{Side}}" } }],
  [
    "`normalise` refuses",
    { ...debateMode, normalise: () => ({ kind: "invalid", param: "x", message: "No." }) },
  ],
  [
    "`normalise` throws",
    {
      ...debateMode,
      normalise: () => {
        throw new Error("x");
      },
    },
  ],
  ["`worstCase` lists no call", { ...debateMode, worstCase: () => [] }],
  [
    "`worstCase` throws",
    {
      ...debateMode,
      worstCase: () => {
        throw new Error("x");
      },
    },
  ],
  ["`next` begins with no call", { ...debateMode, next: () => ({ kind: "wait" }) }],
  ["`next` begins with no call", { ...debateMode, next: () => undefined }],
  [
    "`next` throws",
    {
      ...debateMode,
      next: () => {
        throw new Error("x");
      },
    },
  ],
  [
    "malformed at `callId`",
    { ...debateMode, next: () => ({ kind: "calls", calls: [{ ...call, callId: "x" }] }) },
  ],
  ["template `no`", { ...debateMode, next: () => ({ kind: "calls", calls: [{ ...call, system: "no" }] }) }],
  ["more calls", { ...debateMode, next: () => ({ kind: "calls", calls: [call, call, call, call] }) }],
])("a module is refused with what is wrong: %s", (words, mode) => {
  const exported = mode === undefined ? {} : { mode };
  expect(() => validateCustomMode(exported)).toThrow(words);
});
