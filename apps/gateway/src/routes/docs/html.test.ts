import { expect, it } from "vitest";
import { escapeHtml, html, joinMarkup, nothing } from "./html.ts";

it("text put into a template can end neither the element nor the attribute it stands in", () => {
  const hostile = `"><script>alert('1')</script>&amp;`;
  const { markup } = html`<a title="${hostile}">${hostile}</a>`;
  expect(markup).not.toMatch(/<script|'|"[^"]*"[^">]*"/);
  expect(markup).toBe(`<a title="${escapeHtml(hostile)}">${escapeHtml(hostile)}</a>`);
  expect(escapeHtml(hostile)).toBe("&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;amp;");
});

it("markup put into a template stays as it is, alone, in lists and left out", () => {
  const piece = html`<b>${"<"}</b>`;
  expect(html`<p>${piece}${[piece, piece]}${nothing}</p>`.markup).toBe(
    "<p><b>&#60;</b><b>&#60;</b><b>&#60;</b></p>",
  );
  expect(joinMarkup([piece, piece], " < ").markup).toBe("<b>&#60;</b> &#60; <b>&#60;</b>");
});
