import { describe, expect, it } from "vitest";
import { z } from "zod";
import { adminRoute, reply } from "../../admin/admin-route.ts";
import { buildOpenApiDocument } from "./document.ts";

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Record<string, unknown>>>>>;
  readonly components: { readonly securitySchemes: Readonly<Record<string, unknown>> };
}

const routes = [
  adminRoute<{ weight: number }, { limit?: string | undefined }>({
    method: "patch",
    path: "/models/*id",
    summary: "Change a model",
    tag: "models",
    role: "operator",
    bodySchema: z.strictObject({ weight: z.number().min(0) }),
    querySchema: z.object({ limit: z.string().optional() }).transform((query) => query),
    action: "model.update",
    handle: async () => reply({}),
  }),
  adminRoute({
    method: "get",
    path: "/models/*id",
    summary: "Get a model",
    tag: "models",
    role: "viewer",
    action: null,
    handle: async () => reply({}),
  }),
  adminRoute({
    method: "post",
    path: "/providers/:id/validate-key",
    summary: "Check a key",
    tag: "providers",
    role: "operator",
    action: "provider.validate",
    handle: async () => reply({}),
  }),
];
const document = buildOpenApiDocument(routes) as Described;

describe("the description of the admin endpoints", () => {
  it("has every route of the tables at its path, with its names, query, body and role", () => {
    const item = document.paths["/admin/v1/models/{id}"];
    expect(Object.keys(item ?? {})).toEqual(["patch", "get"]);
    expect(item?.["patch"]).toMatchObject({
      summary: "Change a model",
      tags: ["Administration: models"],
      security: [{ admin: [] }],
      parameters: [
        { in: "path", name: "id", required: true },
        { in: "query", name: "limit" },
      ],
      requestBody: {
        content: {
          "application/json": {
            schema: { type: "object", required: ["weight"], properties: { weight: { minimum: 0 } } },
          },
        },
      },
    });
    expect(item?.["patch"]?.["description"]).toContain("operator");
    expect(item?.["get"]).not.toHaveProperty("requestBody");
    expect(document.paths["/admin/v1/providers/{id}/validate-key"]).toHaveProperty("post");
  });

  it("declares the credential of administrators, and leaves both out where nothing is administered", () => {
    expect(document.components.securitySchemes).toHaveProperty("admin");
    const without = buildOpenApiDocument() as Described;
    expect(without.components.securitySchemes).not.toHaveProperty("admin");
    expect(Object.keys(without.paths).some((path) => path.startsWith("/admin"))).toBe(false);
  });
});
