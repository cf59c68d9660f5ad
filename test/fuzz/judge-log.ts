import { plantedKey, upstreamPrompt, vaultedValue } from "./watched-texts.ts";

/** What is wrong with lines of the log, each fault once with an example. */
export function judgeLog(lines: readonly string[], secrets: readonly string[]): string[] {
  const faults = new Map<string, string>();
  const watched = [...secrets, plantedKey, vaultedValue, upstreamPrompt];
  for (const line of lines) {
    if (/"level":"(?:error|fatal)"/.test(line)) faults.set(`an error is logged: ${messageOf(line)}`, line);
    if (watched.some((text) => line.includes(text)) || /(?:tokenhub_|thadmin_)[0-9a-f]{64}/.test(line))
      faults.set(`a secret or a prompt is logged: ${messageOf(line)}`, line);
  }
  return [...faults].map(([fault, line]) => `${fault}\n    ${line.trim().slice(0, 1_500)}`);
}

function messageOf(line: string): string {
  return /"msg":"([^"]*)"/.exec(line)?.[1] ?? "";
}
