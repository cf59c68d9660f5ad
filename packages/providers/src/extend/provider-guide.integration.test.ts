import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createProviderClient } from "../client/provider-client.ts";
import { providerDefinitions } from "../registry.ts";
import { buildCall, buildProvider } from "../testing/build-call.ts";
import { loadProviderModules } from "./load-provider-modules.ts";
import { ProviderRegistry } from "./provider-registry.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const guidePath = join(root, "docs/provider-guide.md");
const execTimeoutMs = 60_000;
const run = promisify(execFile);

interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

let blocks: readonly CodeBlock[];
let directory: string;

beforeAll(async () => {
  blocks = codeBlocks(await readFile(guidePath, "utf8"));
  directory = await mkdtemp(join(tmpdir(), "tokenhub-guide-"));
  await symlink(join(root, "node_modules"), join(directory, "node_modules"));
  await writeFile(join(directory, "package.json"), '{"type":"module"}');
  for (const [index, code] of blocksIn("ts").entries()) {
    await writeFile(join(directory, nameOf(code, index)), withProductPaths(code));
  }
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function codeBlocks(markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code]) => ({
    language: language ?? "",
    code: code ?? "",
  }));
}

function blocksIn(language: string): string[] {
  return blocks.filter((block) => block.language === language).map(({ code }) => code);
}

/** The name under which other blocks import this one. */
function nameOf(code: string, index: number): string {
  if (code.includes("class EchoProvider")) return "echo-provider.ts";
  return code.includes("const initech") ? "initech.ts" : `block-${index}.ts`;
}

/** A block that shows a file of the product imports beside itself. */
function withProductPaths(code: string): string {
  return code.replaceAll('from "../', `from "${root}packages/providers/src/`);
}

async function runTool(program: string, args: readonly string[]): Promise<string> {
  const options = { cwd: directory, timeout: execTimeoutMs };
  const failed = (error: unknown): string =>
    typeof error === "object" && error !== null && "stdout" in error
      ? `${String(error.stdout)}${"stderr" in error ? String(error.stderr) : ""}`
      : String(error);
  return run(program, args, options).then(({ stdout }) => stdout, failed);
}

describe("docs/provider-guide.md", () => {
  test("has code in languages that these tests run or check, and in no other", () => {
    expect([...new Set(blocks.map(({ language }) => language))].toSorted()).toEqual(["ts", "yaml"]);
    expect(blocks.length).toBeGreaterThanOrEqual(9);
  });

  test("S0-44: all of its TypeScript and the example module pass the compiler under the product's own rules", async () => {
    const files = blocksIn("ts").map(nameOf);
    const example = join(root, "examples/custom-provider/acme-provider.ts");
    const settings = { extends: join(root, "tsconfig.base.json"), files: [...files, example] };
    const types = { typeRoots: [join(root, "node_modules/@types")] };
    await writeFile(
      join(directory, "tsconfig.json"),
      JSON.stringify({ ...settings, compilerOptions: types }),
    );
    expect(await runTool(join(root, "node_modules/.bin/tsc"), ["-p", directory])).toBe("");
  });

  test("S0-45: its class is loaded by its path and answers", async () => {
    const registry = new ProviderRegistry(providerDefinitions);
    const modules = [{ name: "echo", module: "./echo-provider.ts" }];
    await loadProviderModules(modules, { baseDirectory: directory, registry });
    const definition = registry.find("echo");
    if (definition === null) throw new Error("the guide's class did not register itself");
    await using client = createProviderClient();
    const provider = buildProvider({ type: "echo" });
    expect(await client.call(buildCall(provider, { definition }))).toMatchObject({
      json: { choices: [{ message: { content: "Hi" } }], usage: { total_tokens: 2 } },
    });
  });

  test("S0-45, S2-51: its module, its program and the example run in plain Node as they stand", async () => {
    const program = blocksIn("ts").findIndex((code) => code.includes("registerModel({"));
    const script = `
      import { loadProviderModules, providerRegistry } from "@tokenhub/providers";
      const modules = ["./${nameOf(blocksIn("ts")[program] ?? "", program)}", "./echo-provider.ts", "${root}examples/custom-provider/acme-provider.ts"];
      const loaded = await loadProviderModules(modules.map((module) => ({ name: null, module })), { baseDirectory: "${directory}" });
      console.log(JSON.stringify({
        types: loaded.flatMap(({ types }) => types),
        providers: providerRegistry.addedProviders().map(({ id }) => id),
        models: providerRegistry.registeredModels().map(({ id, weight }) => [id, weight]),
      }));`;
    await writeFile(join(directory, "script.mjs"), script);
    expect(JSON.parse(await runTool(process.execPath, ["script.mjs"]))).toEqual({
      types: ["echo-from-code", "echo", "acme"],
      providers: ["echo-main"],
      models: [["echo-large", 150]],
    });
  });

  test("its configurations are read without a complaint", async () => {
    const script = `
      import { readFileSync } from "node:fs";
      import { parseConfigText, parseProductConfig } from "@tokenhub/config";
      const texts = JSON.parse(readFileSync("configurations.json", "utf8"));
      console.log(JSON.stringify(texts.map((text) => {
        const file = parseConfigText(text, { source: "guide.yaml" });
        const { config, warnings } = parseProductConfig(file.raw, file);
        return { warnings, modules: config.customProviders.length, providers: config.providers.length };
      })));`;
    await writeFile(join(directory, "configurations.json"), JSON.stringify(blocksIn("yaml")));
    await writeFile(join(directory, "configurations.mjs"), script);
    expect(JSON.parse(await runTool(process.execPath, ["configurations.mjs"]))).toEqual([
      { warnings: [], modules: 0, providers: 1 },
      { warnings: [], modules: 1, providers: 1 },
    ]);
  });

  test("shows the example's configuration as it is", async () => {
    const config = await readFile(join(root, "examples/custom-provider/config.yaml"), "utf8");
    expect(blocksIn("yaml")).toContain(config);
  });

  test("links to headings and files that exist", async () => {
    const text = await readFile(guidePath, "utf8");
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title ?? "")
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? "");
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      if (link.startsWith("#")) expect(headings).toContain(link.slice(1));
      else await expect(readFile(join(root, "docs", link))).resolves.toBeDefined();
    }
  });
});
