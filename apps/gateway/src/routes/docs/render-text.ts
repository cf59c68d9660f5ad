import { html, joinMarkup, type Markup } from "./html.ts";

/** Prose of the document; what stands between backticks becomes code. */
export function renderText(text: string): Markup {
  const pieces = text.split(/(`[^`]+`)/);
  return joinMarkup(
    pieces.map((piece, index) => (index % 2 === 0 ? html`${piece}` : html`<code>${piece.slice(1, -1)}</code>`)),
    "",
  );
}
