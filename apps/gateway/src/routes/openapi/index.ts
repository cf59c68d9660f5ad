import type { RequestHandler } from "express";
import type { AdminRoute } from "../../admin/admin-route.ts";

/** `GET /openapi.json`. The generator is loaded with the first request for it: most gateways never need its memory. */
export function serveOpenApi(adminRoutes: readonly AdminRoute[]): RequestHandler {
  let document: Promise<object> | null = null;
  return async (_request, response) => {
    document ??= import("./document.ts").then(({ buildOpenApiDocument }) =>
      buildOpenApiDocument(adminRoutes),
    );
    response.json(await document);
  };
}
