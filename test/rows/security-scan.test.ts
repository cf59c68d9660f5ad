import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { scanRepository } from "../../scripts/security-scan/scan-repository.ts";

const run = promisify(execFile);
const root = path.dirname(path.dirname(import.meta.dirname));
const read = (name: string): Promise<string> => readFile(path.join(root, name), "utf8");

it("S3-47, S3-55, S4-40: the security scan looks at every file that git keeps, and finds neither a key nor a dangerous call", async () => {
  const { files, findings } = await scanRepository(root);
  expect(findings).toEqual([]);
  expect(files).toBeGreaterThan(500);
});

it("S3-47: the scan is part of `npm run verify`, and CodeQL looks at the same sources on every change", async () => {
  const { scripts } = JSON.parse(await read("package.json")) as { scripts: Record<string, string> };
  expect(scripts["verify"]?.split(" && ")).toContain("node scripts/security-scan.ts");
  const workflow = await read(".github/workflows/codeql.yml");
  for (const part of [
    "github/codeql-action/init",
    "github/codeql-action/analyze",
    "javascript-typescript",
    "pull_request:",
  ])
    expect(workflow).toContain(part);
});

/** A repository with our ignore file and one more file. */
async function repositoryWith(name: string, content: string): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-scan-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await run("git", ["init", "-q"], { cwd: folder });
  cpSync(path.join(root, ".gitignore"), path.join(folder, ".gitignore"));
  writeFileSync(path.join(folder, name), content);
  return folder;
}

it("S3-55, S4-40: a key that is about to be committed is found, by file, line and rule", async () => {
  const folder = await repositoryWith("notes.md", `first\nAKIA${"A1B2".repeat(4)}\n`);
  const { findings } = await scanRepository(folder);
  expect(findings).toEqual([expect.objectContaining({ path: "notes.md", line: 2, ruleId: "aws-key" })]);
});

it.each([
  ".env",
  ".env.production",
  "config.json",
  "config/config.yaml",
  "data/vault-password",
  "data/tokenhub.db",
])("S4-40: %s, where secrets are kept, is ignored by git and left out of images", async (name) => {
  const { stdout } = await run("git", ["check-ignore", "--no-index", name], { cwd: root });
  expect(stdout.trim()).toBe(name);
  // Everything is left out but what is named.
  const [first, ...named] = (await read(".dockerignore")).split("\n").filter((line) => /^[^#]/.test(line));
  expect(first).toBe("*");
  const included = named.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(included.filter((entry) => name === entry || name.startsWith(`${entry}/`))).toEqual([]);
});

it("S4-40: .env.example is kept, and sets nothing", async () => {
  const ignored = run("git", ["check-ignore", "--no-index", ".env.example"], { cwd: root });
  await expect(ignored).rejects.toMatchObject({ code: 1 });
  expect((await read(".env.example")).split("\n").filter((line) => /^[^#\s]/.test(line))).toEqual([]);
});
