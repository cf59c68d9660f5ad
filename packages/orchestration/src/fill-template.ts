/** Anything between double braces; whether it is a placeholder that is known, its reader decides. */
const placeholder = /\{\{([^{}]*)\}\}/g;

/** The names between double braces, each once, in their order. */
export function placeholdersOf(template: string): string[] {
  return [...new Set([...template.matchAll(placeholder)].map(([, name = ""]) => name.trim()))];
}

/**
 * Puts the values in, in one pass: what looks like a placeholder inside of a value stays as it is. A placeholder that nothing
 * is known of stays too. Values named `answers.1`, `answers.2`, ... stand together for `{{answers}}`, each in tags with its
 * number.
 */
export function fillTemplate(template: string, values: ReadonlyMap<string, string>): string {
  return template.replaceAll(placeholder, (whole, name: string) => {
    const key = name.trim();
    return values.get(key) ?? numberedValues(key, values) ?? whole;
  });
}

function numberedValues(key: string, values: ReadonlyMap<string, string>): string | null {
  const blocks: string[] = [];
  const singular = key.replace(/s$/, "");
  for (let number = 1; ; number += 1) {
    const value = values.get(`${key}.${number}`);
    if (value === undefined) break;
    blocks.push(`<${singular} number="${number}">\n${value}\n</${singular}>`);
  }
  return blocks.length === 0 ? null : blocks.join("\n\n");
}
