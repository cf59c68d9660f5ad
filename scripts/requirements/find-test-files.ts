import { globSync } from "node:fs";

const pattern = "{apps,packages,scripts,bench,test}/**/*.test.{ts,tsx}";

/** Every test file below the root, relative to it, with slashes, sorted. */
export function findTestFiles(root: string): string[] {
  return globSync(pattern, { cwd: root, exclude: isForeign })
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted();
}

function isForeign(entry: string): boolean {
  return entry.split(/[\\/]/).some((name) => name === "node_modules" || name.startsWith("."));
}
