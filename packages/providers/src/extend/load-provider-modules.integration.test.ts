import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findProvider, providerDefinitions } from "../registry.ts";
import { loadProviderModules, type LoadedProviderModule } from "./load-provider-modules.ts";
import { ProviderRegistry } from "./provider-registry.ts";

const classText = `
  constructor(settings) { this.settings = settings; }
  async chatCompletion() { return { content: "x", model: "m", tokens_used: 1, finish_reason: "stop" }; }
  async getAvailableModels() { return []; }
  async validateApiKey() { return true; }
`;

let directory: string;
let registry: ProviderRegistry;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "tokenhub-modules-"));
  registry = new ProviderRegistry(providerDefinitions);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function load(
  text: string,
  { name = null, file = "module.mjs" }: { name?: string | null; file?: string } = {},
): Promise<LoadedProviderModule[]> {
  await writeFile(join(directory, file), text);
  return loadProviderModules([{ name, module: `./${file}` }], { baseDirectory: directory, registry });
}

describe("a provider module", () => {
  test("S0-45: registers its types with register(extension), whatever file it is in", async () => {
    const text = (name: string) =>
      `export async function register(e) { e.registerProviderClass("${name}", class {${classText}}); }`;
    expect(await load(text("one"))).toMatchObject([{ types: ["one"] }]);
    expect(await load(text("two"), { file: "two.js" })).toMatchObject([{ types: ["two"] }]);
    const typed = `import type { X } from "nowhere"; ${text("three").replace("(e)", "(e: any)")}`;
    expect(await load(typed, { file: "three.ts", name: "three" })).toMatchObject([{ types: ["three"] }]);
    expect(registry.find("three")?.type).toBe("three");
  });

  test("may register while it is imported", async () => {
    const extend = pathToFileURL(join(import.meta.dirname, "index.ts")).href;
    await writeFile(
      join(directory, "side-effect.mjs"),
      `import { registerProviderClass } from "${extend}";
       registerProviderClass("load-test-side-effect", class {${classText}});`,
    );
    const modules = [{ name: null, module: "./side-effect.mjs" }];
    const [loaded] = await loadProviderModules(modules, { baseDirectory: directory });
    expect(loaded?.types).toEqual(["load-test-side-effect"]);
    expect(findProvider("load-test-side-effect")?.type).toBe("load-test-side-effect");
  });

  test("may export one class, which gets the name of the configuration", async () => {
    const text = `export class Whatever {${classText}} export const other = 1;`;
    expect(await load(text, { name: "mine" })).toMatchObject([{ types: ["mine"] }]);
    expect(registry.find("mine")?.type).toBe("mine");
  });

  test("runs once, however often it is loaded", async () => {
    const text = `globalThis.loadTestRuns = (globalThis.loadTestRuns ?? 0) + 1;
      export function register(e) { e.registerProviderClass("once", class {${classText}}); }`;
    const [first] = await load(text);
    const module = { name: null, module: "./module.mjs" };
    const again = await loadProviderModules([module, module], { baseDirectory: directory, registry });
    expect(again.map(({ types }) => types)).toEqual([first?.types, first?.types]);
    expect(Reflect.get(globalThis, "loadTestRuns")).toBe(1);
  });

  test("is found as an installed package", async () => {
    const folder = join(directory, "node_modules", "acme-tokenhub");
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, "package.json"),
      '{"name":"acme-tokenhub","type":"module","exports":"./main.js"}',
    );
    await writeFile(
      join(folder, "main.js"),
      `export const register = (e) => e.registerProviderClass("packaged", class {${classText}});`,
    );
    const modules = [{ name: "packaged", module: "acme-tokenhub" }];
    const loaded = await loadProviderModules(modules, { baseDirectory: directory, registry });
    expect(loaded).toEqual([{ ...modules[0], types: ["packaged"] }]);
  });

  test("adds instances and models of its own", async () => {
    const text = `export function register(e) {
      e.registerProviderClass("adds", class {${classText}});
      e.addProvider("adds-main", "adds", { apiKey: "k" });
      e.registerModel({ name: "adds-1", provider: "adds-main", weight: 150 });
    }`;
    await load(text);
    expect(registry.addedProviders().map(({ id }) => id)).toEqual(["adds-main"]);
    expect(registry.registeredModels()).toMatchObject([{ id: "adds-1", weight: 150 }]);
  });
});

describe("a provider module that cannot be used is named in the error", () => {
  const register = (body: string) => `export function register(e) { ${body} }`;
  test.each<[string, string, string | null, string]>([
    ["registers nothing", "export const a = 1;", null, "it registers no provider type"],
    [
      "registers another name",
      register(`e.registerProviderClass("other", class {${classText}})`),
      "mine",
      'does not register the provider type "mine". It registers other.',
    ],
    [
      "exports two classes",
      `export class A {${classText}} export class B {${classText}}`,
      "mine",
      'the provider type "mine"',
    ],
    ["throws while it is imported", `throw new Error("no licence");`, null, "no licence"],
    ["throws in register", register(`throw new Error("no licence");`), null, "no licence"],
    ["is no JavaScript", "export const = ;", null, "Unexpected token"],
    [
      "takes the name of a type of the product",
      register(`e.registerProviderClass("openai", class {${classText}})`),
      null,
      'a provider type "openai" already',
    ],
    [
      "registers no provider class",
      register(`e.registerProviderClass("x", class {})`),
      null,
      "no class with the methods",
    ],
  ])("one that %s", async (_what, text, name, reason) => {
    const error: unknown = await load(text, { name }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "ProviderModuleError", message: expect.stringContaining(reason) });
    expect((error as Error).message).toContain('"./module.mjs"');
  });

  test.each([
    ["./missing.mjs", "missing.mjs"],
    ["no-such-package-of-tokenhub", "there is no such package"],
    ["https://example.com/x.js", "only files and installed packages"],
    ["data:text/javascript,0", "only files and installed packages"],
  ])("%s", async (module, reason) => {
    const loading = loadProviderModules([{ name: null, module }], { baseDirectory: directory, registry });
    await expect(loading).rejects.toThrow(reason);
    await expect(loading).rejects.toThrow(`"${module}"`);
  });

  test("once it has been mended it is loaded", async () => {
    await expect(load("export const a = 1;", { file: "a.mjs", name: "late" })).rejects.toThrow('"./a.mjs"');
    await load(`export class A {${classText}}`, { file: "b.mjs", name: "late" });
    expect(registry.find("late")?.type).toBe("late");
  });
});
