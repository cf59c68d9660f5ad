import { parseConfigText, parseProductConfig, resolveProductConfig } from "@tokenhub/config";
import { readDirectives } from "@tokenhub/shaping";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { codeBlocksOf, type CodeBlock } from "./code-block.ts";
import { documentedUrl, root, startDocsNetwork, type DocsNetwork } from "./docs-network.ts";
import { answerFaults } from "./match-answer.ts";
import { runScript } from "./run-script.ts";

const run = promisify(execFile);

/** The pages whose blocks are run here; the others have tests of their own. */
const pages = [
  "README.md",
  "CONTRIBUTING.md",
  "ARCHITECTURE.md",
  "SECURITY.md",
  "docs/PRD.md",
  "docs/ARCHITECTURE.md",
  "docs/ORCHESTRATION.md",
  "docs/ORCHESTRATION_DSL.md",
  "docs/API.md",
  "docs/JOBS.md",
  "docs/RESPONSES.md",
  "docs/WEBHOOKS.md",
  "docs/SECURITY.md",
  "docs/PROVIDERS.md",
  "docs/EXAMPLES.md",
  "docs/IMPLEMENTATION.md",
] as const;

/** Commands that start or test the whole product, each with the test that runs it. */
const runElsewhere: Readonly<Record<string, string>> = {
  "npm start": "test/start/real-start.test.ts",
  "OPENAI_API_KEY=... ANTHROPIC_API_KEY=... npm start": "test/start/real-start.test.ts",
  "TOKENHUB_ADMIN_PASSWORD=your-secure-password npm start": "test/start/documented-start.test.ts",
  "TOKENHUB_ORCHESTRATION_MODES=./examples/debate-mode/debate-mode.ts npm start":
    "test/orchestration/custom-mode.test.ts",
  "docker compose up --build": "docker-compose.yml",
  "cp .env.example .env": ".env.example",
  "npm test": "package.json",
  "npm run verify": "package.json",
  "npm run requirements": "scripts/requirements.ts",
  "npm run fuzz": "test/fuzz/fuzz.test.ts",
  "npm run chaos -- orchestration": "test/crash/orchestration-crash.test.ts",
  "npm run chaos -- async": "test/crash/async-crash.test.ts",
  "npm run test:unit": "package.json",
};

interface PlacedBlock extends CodeBlock {
  readonly place: string;
  readonly page: (typeof pages)[number];
}

const blocks: PlacedBlock[] = [];
let docs: DocsNetwork;

beforeAll(async () => {
  for (const page of pages) {
    const found = codeBlocksOf(await readFile(join(root, page), "utf8"));
    blocks.push(...found.map((block) => ({ ...block, page, place: `${page}:${block.line}` })));
  }
  docs = await startDocsNetwork(inject("redisUrl"));
});
afterAll(() => docs[Symbol.asyncDispose]());

const isShell = ({ language }: CodeBlock): boolean => language === "sh" || language === "bash";

it("every block of the documents is of a kind that is run, loaded or read here", () => {
  const kinds = blocks.map(({ language, notes }) =>
    [language, ...notes.map((note) => note.split("=")[0])].join(" "),
  );
  const known = [
    "sh",
    "sh status",
    "json answer",
    "json",
    "yaml",
    "ts",
    "text directive",
    "text",
    "mermaid",
    "js",
    "python",
  ];
  expect([...new Set(kinds)].filter((kind) => !known.includes(kind))).toEqual([]);
  expect(blocks.length).toBeGreaterThan(50);
});

describe("the commands", () => {
  it.each(pages)("S1-53, S3-86: of %s do what the page says", async (page) => {
    const shown = blocks.filter((block) => block.page === page);
    for (const [index, block] of shown.entries()) {
      if (!isShell(block) || !block.code.includes("curl ")) continue;
      const script = localCommands(block.code);
      const outcome = await runScript(docs.localise(script), docs);
      const wanted = block.notes.find((note) => note.startsWith("status="))?.slice("status=".length);
      const isWanted = (status: number): boolean =>
        wanted === undefined ? status >= 200 && status < 300 : String(status) === wanted;
      expect([
        block.place,
        outcome.statuses.filter((status) => !isWanted(status)),
        outcome.stdout.slice(0, 300),
      ]).toEqual([block.place, [], expect.any(String)]);
      expect(outcome.statuses.length).toBeGreaterThan(0);
      const next = shown[index + 1];
      if (next?.notes[0] === "answer")
        expect([
          next.place,
          ...answerFaults(JSON.parse(docs.localise(next.code)), JSON.parse(outcome.stdout)),
        ]).toEqual([next.place]);
    }
  });

  it("an answer is shown behind the command that gets it, and nowhere else", () => {
    const lonely = blocks.filter((block, index) => {
      const before = blocks[index - 1];
      return (
        block.notes[0] === "answer" &&
        (before === undefined || !isShell(before) || before.page !== block.page)
      );
    });
    expect(lonely.map(({ place }) => place)).toEqual([]);
  });

  it("that start or test the product are run by other tests, and exist", async () => {
    const scripts = Object.keys(
      (JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { scripts: object }).scripts,
    );
    const others = blocks.filter(isShell).flatMap(({ code }) => otherCommands(code));
    expect(others.length).toBeGreaterThan(2);
    expect(others.filter((command) => runElsewhere[command] === undefined)).toEqual([]);
    for (const command of others) {
      expect(existsSync(join(root, runElsewhere[command] ?? ""))).toBe(true);
      const name = /npm (?:run )?([\w:]+)$/.exec(command)?.[1];
      if (name !== undefined) expect(scripts).toContain(name);
    }
  });

  it("name no other address than the one that npm start prints, and the one of receivers", () => {
    const addresses = blocks.filter(isShell).flatMap(({ code }) => code.match(/https?:\/\/[^/\s"]+/g) ?? []);
    expect([...new Set(addresses)].toSorted()).toEqual([documentedUrl, "https://example.com"]);
  });
});

it("the programs pass the compiler and run against the product", async () => {
  await mkdir(join(root, ".cache"), { recursive: true });
  const directory = await mkdtemp(join(root, ".cache/documents-"));
  try {
    const names: string[] = [];
    for (const [index, block] of blocks.filter(({ language }) => language === "ts").entries()) {
      names.push(`block-${index}.ts`);
      await writeFile(join(directory, `block-${index}.ts`), docs.localise(block.code));
    }
    expect(names.length).toBeGreaterThan(2);
    const compilerOptions = { noPropertyAccessFromIndexSignature: false };
    const settings = { extends: "../../tsconfig.base.json", compilerOptions, include: ["*.ts"] };
    await writeFile(join(directory, "tsconfig.json"), JSON.stringify(settings));
    await writeFile(join(directory, "package.json"), '{"type":"module"}');
    const env = { ...process.env, ...docs.env };
    const compiler = join(root, "node_modules/.bin/tsc");
    const failed = (error: unknown): string => String((error as { stdout?: string }).stdout ?? error);
    expect(
      await run(compiler, ["-p", directory], { env, timeout: 30_000 }).then(({ stdout }) => stdout, failed),
    ).toBe("");
    for (const name of names) await run(process.execPath, [join(directory, name)], { env, timeout: 30_000 });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

it("S1-46, S3-40: the configurations load as written, without a warning", () => {
  const configurations = blocks.filter(
    ({ language, notes }) => language === "yaml" || (language === "json" && notes.length === 0),
  );
  expect(configurations.length).toBeGreaterThan(2);
  for (const { place, code, language } of configurations) {
    const source = `documents.${language}`;
    const file = parseProductConfig(parseConfigText(code, { source }).raw as Record<string, unknown>, {
      source,
    });
    const env = { OPENAI_API_KEY: "sk-a", ANTHROPIC_API_KEY: "sk-b" };
    const { warnings, models, providers } = resolveProductConfig({ file, env });
    expect([place, warnings, providers.length > 0, models.length > 0]).toEqual([place, [], true, true]);
  }
});

it("S1-51: the directives are read as directives", () => {
  const directives = blocks.filter(({ notes }) => notes[0] === "directive");
  expect(directives.length).toBeGreaterThan(2);
  for (const { place, code } of directives)
    expect([place, readDirectives([code])]).toMatchObject([place, { kind: "valid", ignoredKeys: [] }]);
});

/** Lines of shell code, with those that end in a backslash joined. */
function linesOf(code: string): string[] {
  return code
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trimEnd())
    .filter((line) => line !== "");
}

function isOther(line: string): boolean {
  return /^(?:[A-Z_]+=\S+ )*(?:npm|docker|cp) /.test(line);
}

/** Commands of a block that these tests do not run themselves. */
function otherCommands(code: string): string[] {
  return linesOf(code).filter(isOther);
}

/** A block without the commands that start the product. */
function localCommands(code: string): string {
  const others = new Set(otherCommands(code));
  return code
    .split("\n")
    .filter((line) => !others.has(line.trim()))
    .join("\n");
}
