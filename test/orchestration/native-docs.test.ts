import { builtInModes, defaultSettings, type RunMode } from "@tokenhub/orchestration";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
let page: string;

beforeAll(async () => {
  page = await readFile(join(root, "docs/ORCHESTRATION.md"), "utf8");
});

/** Cells of the page's tables, row by row, without the marks of code. */
function rows(): string[][] {
  return [...page.matchAll(/^\|(.+)\|$/gm)].map((match) =>
    (match[1] ?? "").split("|").map((cell) => cell.replaceAll("`", "").trim()),
  );
}

function callsOf(mode: RunMode, rounds: number): number {
  const normalised = mode.normalise({ ...defaultSettings(mode), rounds });
  if (normalised.kind === "invalid") throw new Error(normalised.message);
  return mode.worstCase(normalised.settings).length;
}

describe("docs/ORCHESTRATION.md", () => {
  it("is linked, and leads to the directives, the worker and the example", async () => {
    expect(await readFile(join(root, "README.md"), "utf8")).toContain("](docs/ORCHESTRATION.md)");
    for (const link of [
      "ORCHESTRATION_DSL.md",
      "services/orchestrator-worker/overview.md",
      "../examples/debate-mode/README.md",
    ])
      expect(page).toContain(`](${link})`);
  });

  it("S1-51: has every phase of every mode, with its role and exactly its prompts and placeholders", () => {
    for (const { name, phases, templates } of builtInModes) {
      const described = rows().filter(([mode, , role]) => mode === name && /^[a-z]+$/.test(role ?? ""));
      expect(described.map(([, phase, role]) => [phase, role])).toEqual(
        phases.map((phase) => [phase.name, phase.role]),
      );
      const named = described.flatMap(([, , , prompts]) => prompts?.match(/[a-z]+\.[a-z_]+/g) ?? []);
      expect(new Set(named)).toEqual(new Set(Object.keys(templates)));
      const placeholders = (text: string): Set<string> => new Set(text.match(/\{\{[a-z]+\}\}/g));
      expect(placeholders(described.map((cells) => cells.join(" ")).join(" "))).toEqual(
        placeholders(Object.values(templates).join(" ")),
      );
    }
  });

  it("states the calls per mode: planning 1; adversarial 2 -> 5; vote 3 -> 4; refine 3 -> 4", () => {
    const stated = (name: string): string | undefined => rows().find(([mode]) => mode === name)?.[1];
    expect(stated("planning")).toBe("1");
    expect(stated("adversarial")).toBe("1 + 2 k");
    expect(stated("refine")).toBe("1 + k");
    expect(stated("vote")).toBe("n + 1");
    const modeOf = (name: string): RunMode => {
      const mode = builtInModes.find((each) => each.name === name);
      if (mode === undefined) throw new Error(`there is no mode ${name}`);
      return mode;
    };
    expect(callsOf(modeOf("planning"), 0)).toBe(1);
    expect([0, 2].map((rounds) => callsOf(modeOf("adversarial"), rounds))).toEqual([3, 5]);
    expect([0, 3].map((rounds) => callsOf(modeOf("refine"), rounds))).toEqual([3, 4]);
    expect([0, 3, 5].map((voters) => callsOf(modeOf("vote"), voters))).toEqual([4, 4, 6]);
  });

  it("S1-51: the directives' page says how adversarial rounds are scheduled", async () => {
    const directives = await readFile(join(root, "docs/ORCHESTRATION_DSL.md"), "utf8");
    expect(directives).toContain("plan.1 -> critique.1 -> refine.1 -> critique.2 -> refine.2");
    for (const { name } of builtInModes) expect(directives).toContain(`\`mode=${name}\``);
  });
});
