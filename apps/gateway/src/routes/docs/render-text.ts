import { html, joinMarkup, nothing, type Markup } from "./html.ts";

/** Prose of the document; what stands between backticks becomes code. */
export function renderText(text: string): Markup {
  const pieces = text.split(/(`[^`]+`)/);
  return joinMarkup(
    pieces.map((piece, index) =>
      index % 2 === 0 ? html`${piece}` : html`<code>${piece.slice(1, -1)}</code>`,
    ),
    "",
  );
}

/** A paragraph of prose; nothing when there is no text. */
export function renderParagraph(text: string | undefined): Markup {
  return text === undefined || text === "" ? nothing : html`<p>${renderText(text)}</p>`;
}
