import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { useOperatorModules, type ModuleExports } from "./operator-module.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tokenhub-modules-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The word that each module exports; one without it is refused. */
async function load(modules: readonly string[], timeoutMs?: number): Promise<unknown[]> {
  const words: unknown[] = [];
  await useOperatorModules(modules, {
    setting: "SOME_MODULES",
    baseDirectory: directory,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    use(exported: ModuleExports) {
      if (exported["word"] === undefined) throw new Error("it exports no `word`.");
      words.push(exported["word"]);
    },
  });
  return words;
}

async function loadFile(name: string, text: string, timeoutMs?: number): Promise<unknown[]> {
  await writeFile(join(directory, name), text);
  return load([`./${name}`], timeoutMs);
}

test("modules are handed on in their order, whether they are JavaScript or TypeScript", async () => {
  await writeFile(join(directory, "one.mjs"), 'export const word = "one";');
  await writeFile(join(directory, "two.ts"), 'export const word: string = "two";');
  expect(await load(["./two.ts", "one.mjs"])).toEqual(["two", "one"]);
  expect(await load([])).toEqual([]);
});

describe("a module that cannot be used stops the start in one sentence that names it", () => {
  test.each<[string, string, string]>([
    ["exports nothing of use", "export const other = 1;", "exports no `word`; mend"],
    ["throws", `throw new Error("no licence");`, "no licence"],
    ["is no JavaScript", "export const = ;", "Unexpected token"],
  ])("one that %s", async (_what, text, reason) => {
    const error: unknown = await loadFile("bad.mjs", text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ConfigError", message: expect.stringContaining(reason) });
    const { message } = error as Error;
    expect(message).toMatch(/^SOME_MODULES names "\.\/bad\.mjs", which cannot be used: /);
    expect(message).not.toContain("\n");
  });

  test.each([
    ["./missing.mjs", "missing.mjs"],
    ["no-such-package-of-tokenhub", "there is no such package"],
    ["https://example.com/module.js", "only files and installed packages"],
    ["data:text/javascript,0", "only files and installed packages"],
  ])("%s", async (module, reason) => {
    await expect(load([module])).rejects.toMatchObject({
      name: "ConfigError",
      message: expect.stringContaining(reason),
    });
  });

  test("one that never finishes loading", async () => {
    const loading = loadFile("slow.mjs", "await new Promise(() => undefined);", 50);
    await expect(loading).rejects.toThrow("not ready within 0.05 s");
  });
});
