import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { toMarkdown } from "./markdown.ts";
import type { Report } from "./report.ts";

/** Writes `latest.json` and `latest.md`, each in one step. */
export function writeReport(report: Report, { folder }: { readonly folder: string }): void {
  mkdirSync(folder, { recursive: true });
  replaceFile(path.join(folder, "latest.json"), `${JSON.stringify(report, roundNumber, 1)}\n`);
  replaceFile(path.join(folder, "latest.md"), toMarkdown(report));
}

function replaceFile(file: string, content: string): void {
  writeFileSync(`${file}.tmp`, content);
  renameSync(`${file}.tmp`, file);
}

/** Microseconds of a latency are noise. */
function roundNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toFixed(4)) : value;
}
