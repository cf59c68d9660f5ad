import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { codeRules } from "./code-rules.ts";
import type { ScanFinding } from "./scan-rule.ts";
import { scanText } from "./scan-text.ts";
import { secretRules } from "./secret-rules.ts";

const run = promisify(execFile);
const rules = [...secretRules, ...codeRules];
const largestBytes = 2_000_000;

export interface ScanReport {
  readonly files: number;
  readonly findings: readonly ScanFinding[];
}

/** Looks at every text file that git keeps or would keep. @throws Error when the folder is no git repository. */
export async function scanRepository(root: string): Promise<ScanReport> {
  const paths = await keptFiles(root);
  const findings: ScanFinding[] = [];
  for (const file of paths) {
    const text = await readText(path.join(root, file));
    if (text !== null) findings.push(...scanText({ path: file, text }, rules));
  }
  return { files: paths.length, findings };
}

/** Files in the index and new ones that no ignore file covers. */
async function keptFiles(root: string): Promise<string[]> {
  const { stdout } = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(stdout.split("\0"))].filter((name) => name !== "").toSorted();
}

async function readText(file: string): Promise<string | null> {
  const bytes = await readFile(file).catch((error: unknown) => {
    // Deleted, but not yet in the index; or a link to a folder.
    if (error instanceof Error && /ENOENT|EISDIR/.test(error.message)) return null;
    throw error;
  });
  if (bytes === null || bytes.length > largestBytes || bytes.includes(0)) return null;
  return bytes.toString("utf8");
}
