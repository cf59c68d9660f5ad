import { describe, expect, test } from "vitest";
import { builtInModes, collectModes, modeRegistry } from "./mode-registry.ts";
import { debateMode } from "./test-debate-mode.ts";

test("S0-18: the engine knows adversarial and the other modes by name", () => {
  const registry = modeRegistry();
  expect(registry.names()).toEqual(["planning", "adversarial", "vote", "refine"]);
  expect(registry.find("adversarial")).toMatchObject({ name: "adversarial", version: 1 });
  expect(registry.find("adversarial", 1)?.name).toBe("adversarial");
});

test("unknown names and versions are not found", () => {
  const registry = modeRegistry();
  for (const name of ["", "simple", "Vote", "toString", "__proto__"]) expect(registry.find(name)).toBeNull();
  expect(registry.find("vote", 2)).toBeNull();
});

test("S2-53: modes of the operator's own stand beside the product's, each run finding the version it began with", () => {
  const newer = { ...debateMode, version: 3 };
  const vote = { ...debateMode, name: "vote", version: 2 };
  const registry = modeRegistry([newer, debateMode, vote]);
  expect(registry.names()).toEqual(["planning", "adversarial", "vote", "refine", "debate"]);
  expect(registry.find("debate")).toBe(newer);
  expect(registry.find("debate", 1)).toBe(debateMode);
  expect(registry.find("debate", 2)).toBeNull();
  expect(registry.find("vote")).toBe(vote);
  expect(registry.find("vote", 1)?.description).toContain("judge");
  expect(registry.latest().map(({ name, version }) => `${name}.${version}`)).toEqual([
    "planning.1",
    "adversarial.1",
    "vote.2",
    "refine.1",
    "debate.3",
  ]);
});

test("two modes of one name and version are refused", () => {
  expect(() => modeRegistry([debateMode, debateMode])).toThrow("`debate` of version 1");
  expect(() => modeRegistry([{ ...debateMode, name: "vote" }])).toThrow("`vote` of version 1");
});

describe("collectModes", () => {
  const own = (name: string, version = 1) => ({ mode: { ...debateMode, name, version } });

  test("gathers the operator's modes beside the product's, each in its versions", () => {
    const modes = collectModes();
    modes.add(own("debate"));
    modes.add(own("debate", 2));
    expect(modes.registry().find("debate")?.version).toBe(2);
    expect(modes.registry().find("debate", 1)?.version).toBe(1);
    expect(modes.registry().names()).toHaveLength(builtInModes.length + 1);
  });

  test("refuses what is no mode, and the name and version of one there is", () => {
    const modes = collectModes();
    expect(() => modes.add({ other: 1 })).toThrow("exports no `mode`");
    expect(() => modes.add(own("vote"))).toThrow("`vote`");
    expect(modes.registry().names()).toHaveLength(builtInModes.length);
  });
});
