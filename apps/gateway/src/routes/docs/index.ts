import { Router, type RequestHandler } from "express";
import type { AdminRoute } from "../../admin/admin-route.ts";
import { allowOnly } from "../../http/error-handler.ts";
import type { DocsPage } from "./create-docs-page.ts";
import type { OpenApiDocument } from "./open-api-document.ts";
import { readBaseUrl } from "./read-base-url.ts";

/** `GET /docs`: the API reference. @param adminRoutes what is served below `/admin/v1`. */
export function docsRouter(adminRoutes: readonly AdminRoute[]): Router {
  const router = Router();
  router.route("/").get(serveDocs(adminRoutes)).all(allowOnly("GET"));
  return router;
}

/** Like the document it shows, the page is made with the first request for it. */
function serveDocs(adminRoutes: readonly AdminRoute[]): RequestHandler {
  let page: Promise<DocsPage> | null = null;
  return async (request, response) => {
    page ??= loadPage(adminRoutes);
    const { contentSecurityPolicy, at } = await page;
    response.setHeader("content-security-policy", contentSecurityPolicy);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    // Not for shared caches: the examples show the address by which this reader came.
    response.setHeader("cache-control", "private, max-age=300");
    response.type("html").send(at(readBaseUrl(request)));
  };
}

async function loadPage(adminRoutes: readonly AdminRoute[]): Promise<DocsPage> {
  const [{ createDocsPage }, { buildOpenApiDocument }] = await Promise.all([
    import("./create-docs-page.ts"),
    import("../openapi/document.ts"),
  ]);
  return createDocsPage(buildOpenApiDocument(adminRoutes) as OpenApiDocument);
}
