import { createHash, randomUUID } from "node:crypto";
import { escapeHtml } from "./html.ts";
import type { OpenApiDocument } from "./open-api-document.ts";
import { pageStyle } from "./page-style.ts";
import { renderPage } from "./render-page.ts";
import { requestExamples } from "./request-examples.ts";

export interface DocsPage {
  /** Nothing may be loaded or run, only our own style sheet applies. */
  readonly contentSecurityPolicy: string;
  /** The page for readers who reach this gateway at `baseUrl`. */
  readonly at: (baseUrl: string) => string;
}

/** Renders the page once; only the address in its examples differs from answer to answer. */
export function createDocsPage(document: OpenApiDocument): DocsPage {
  const slot = `base-url-${randomUUID()}`;
  const pieces = renderPage(document, { baseUrl: slot, examples: requestExamples }).split(slot);
  const styleHash = createHash("sha256").update(pageStyle).digest("base64");
  return {
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    at: (baseUrl) => pieces.join(escapeHtml(baseUrl)),
  };
}
