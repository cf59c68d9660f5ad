import { createDocument } from "zod-openapi";
import type { AdminRoute } from "../../admin/admin-route.ts";
import { describeAdminRoutes } from "./admin-paths.ts";
import { publicPaths } from "./public-paths.ts";

/**
 * The OpenAPI 3.1 description of the API, made from the very schemas and tables that check and serve its requests.
 * @param adminRoutes what is served below `/admin/v1`.
 */
export function buildOpenApiDocument(adminRoutes: readonly AdminRoute[] = []): object {
  const hasAdmin = adminRoutes.length > 0;
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "TokenHub",
      version: "0.1.0",
      description:
        "An LLM gateway that never loses a request and never pays twice for an answer it already has. Speaks the OpenAI and Anthropic formats.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { apiKey: [] }],
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
        ...(hasAdmin
          ? {
              admin: {
                type: "http",
                scheme: "bearer",
                description: "The admin token, the admin password, or a stored admin token with a role.",
              },
            }
          : {}),
      },
    },
    paths: { ...publicPaths, ...describeAdminRoutes(adminRoutes) },
  });
}
