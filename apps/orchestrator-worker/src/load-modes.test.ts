import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadModes } from "./load-modes.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tokenhub-modes-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const call = `{ callId: "say.1", phase: "say", role: "writer", system: null, ask: null, carriesTools: false,
  carriesParameters: false, routingMode: "normal", maxOutputTokens: null, temperature: null,
  model: { modelId: null, allowFallback: true, minWeight: null, avoidModelIds: [], avoidProviderIds: [], rank: 0 } }`;
const modeText = ({ name = "own", version = 1 } = {}): string => `export const mode = {
  name: "${name}", version: ${version}, description: "One call.",
  phases: [{ name: "say", role: "writer", description: "Says it." }],
  templates: {},
  normalise: (settings) => ({ kind: "ok", settings }),
  worstCase: () => [{ callId: "say.1", phase: "say", role: "writer", reads: [], templates: [], maxOutputTokens: null }],
  next: () => ({ kind: "calls", calls: [${call}] }),
};`;

async function load(files: Readonly<Record<string, string>>, timeoutMs?: number) {
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return loadModes(
    Object.keys(files).map((name) => `./${name}`),
    { baseDirectory: directory, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
  );
}

test("without modules there are the product's modes; with one, its mode as well, in the version that a run names", async () => {
  const none = await loadModes([], { baseDirectory: directory });
  expect(none.names()).toEqual(expect.arrayContaining(["adversarial", "vote", "refine", "planning"]));
  const two = await load({ "one.mjs": modeText(), "two.ts": modeText({ version: 2 }) });
  expect(two.find("own")?.version).toBe(2);
  expect(two.find("own", 1)?.version).toBe(1);
  expect(two.names()).toHaveLength(none.names().length + 1);
});

describe("a module that cannot be used stops the start in one sentence that names it", () => {
  test.each<[string, string, string]>([
    ["exports nothing", "export const other = 1;", "exports no `mode`"],
    ["exports half a mode", `export const mode = { name: "half" };`, "`mode.version`"],
    ["throws", `throw new Error("no licence");`, "no licence"],
    ["is no JavaScript", "export const = ;", "Unexpected token"],
    ["takes the name and version of a mode of the product", modeText({ name: "vote" }), "`vote`"],
  ])("one that %s", async (_what, text, reason) => {
    const error: unknown = await load({ "bad.mjs": text }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ConfigError", message: expect.stringContaining(reason) });
    const { message } = error as Error;
    expect(message).toMatch(/^TOKENHUB_ORCHESTRATION_MODES names "\.\/bad\.mjs", which cannot be used: /);
    expect(message).not.toContain("\n");
  });

  test.each([
    ["./missing.mjs", "missing.mjs"],
    ["https://example.com/mode.js", "only files"],
    ["data:text/javascript,0", "only files"],
  ])("%s", async (path, reason) => {
    await expect(loadModes([path], { baseDirectory: directory })).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(reason),
    });
  });

  test("one that never finishes loading", async () => {
    const loading = load({ "slow.mjs": "await new Promise(() => undefined);" }, 50);
    await expect(loading).rejects.toThrow("not ready within 0.05 s");
  });
});
