import type { ScanFinding, ScanRule } from "./scan-rule.ts";

/** `security-scan: RULE REASON` in a comment on the line or the one before it; without a reason it excuses nothing. */
const excuse = /\bsecurity-scan: (?<ruleId>[a-z-]+) \w/;

/** What the rules find in one file. */
export function scanText(
  { path, text }: { readonly path: string; readonly text: string },
  rules: readonly ScanRule[],
): ScanFinding[] {
  const ours = rules.filter(({ looksAt }) => looksAt(path));
  const lines = text.split("\n");
  return lines.flatMap((line, index) =>
    ours
      .filter(({ id, pattern }) => pattern.test(line) && !isExcused(id, [lines[index - 1], line]))
      .map(({ id, because }) => ({ path, line: index + 1, ruleId: id, because })),
  );
}

function isExcused(ruleId: string, lines: readonly (string | undefined)[]): boolean {
  return lines.some((line) => excuse.exec(line ?? "")?.groups?.["ruleId"] === ruleId);
}
