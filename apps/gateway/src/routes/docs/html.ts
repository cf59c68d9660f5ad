/** HTML that is safe to send. `html` makes it; a literal object states that its text needs no escaping. */
export interface Markup {
  readonly markup: string;
}

type Part = string | Markup | readonly Markup[];

/** Template tag: text that is put in is escaped, markup is not. Attribute values must be in double quotes. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  const tail = parts.map((part, index) => toMarkup(part) + (literals[index + 1] ?? ""));
  return { markup: (literals[0] ?? "") + tail.join("") };
}

/** Escapes text for element content and for attribute values in quotes. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Nothing at all, for what is left out. */
export const nothing: Markup = { markup: "" };

/** Puts a separator between pieces. */
export function joinMarkup(pieces: readonly Markup[], separator: string): Markup {
  return { markup: pieces.map(({ markup }) => markup).join(escapeHtml(separator)) };
}

function toMarkup(part: Part): string {
  if (typeof part === "string") return escapeHtml(part);
  return "markup" in part ? part.markup : joinMarkup(part, "").markup;
}
