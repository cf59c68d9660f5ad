import { Router, type RequestHandler } from "express";
import { allowOnly } from "../../http/error-handler.ts";
import type { DocsPage } from "./create-docs-page.ts";
import type { OpenApiDocument } from "./open-api-document.ts";
import { readBaseUrl } from "./read-base-url.ts";

let page: Promise<DocsPage> | null = null;

/** `GET /docs`: the API reference. Like the document it shows, it is made with the first request for it. */
const serveDocs: RequestHandler = async (request, response) => {
  page ??= loadPage();
  const { contentSecurityPolicy, at } = await page;
  response.setHeader("content-security-policy", contentSecurityPolicy);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  // Not for shared caches: the examples show the address by which this reader came.
  response.setHeader("cache-control", "private, max-age=300");
  response.type("html").send(at(readBaseUrl(request)));
};

export function docsRouter(): Router {
  const router = Router();
  router.route("/").get(serveDocs).all(allowOnly("GET"));
  return router;
}

async function loadPage(): Promise<DocsPage> {
  const [{ createDocsPage }, { buildOpenApiDocument }] = await Promise.all([
    import("./create-docs-page.ts"),
    import("../openapi/document.ts"),
  ]);
  return createDocsPage(buildOpenApiDocument() as OpenApiDocument);
}
