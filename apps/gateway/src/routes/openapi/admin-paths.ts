import type { ZodOpenApiOperationObject, ZodOpenApiPathItemObject, ZodOpenApiPathsObject } from "zod-openapi";
import { z } from "zod";
import type { AdminRoute } from "../../admin/admin-route.ts";

const adminErrorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      request_id: z.string(),
    }),
  })
  .meta({ id: "AdminError" });

const json = (schema: z.ZodType) => ({ "application/json": { schema } });

/** The paths below `/admin/v1`, described from the tables that serve them. */
export function describeAdminRoutes(routes: readonly AdminRoute[]): ZodOpenApiPathsObject {
  const paths: Record<string, ZodOpenApiPathItemObject> = {};
  for (const [path, siblings] of Map.groupBy(routes, (route) => `/admin/v1${templateOf(route.path)}`))
    paths[path] = Object.fromEntries(siblings.map((route) => [route.method, describe(route)]));
  return paths;
}

function describe(route: AdminRoute): ZodOpenApiOperationObject {
  const { summary, tag, role, bodySchema } = route;
  const query = queryOf(route);
  const names = [...templateOf(route.path).matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? "");
  return {
    summary,
    description: `Needs the role ${role}.`,
    tags: [`Administration: ${tag}`],
    security: [{ admin: [] }],
    requestParams: {
      ...(names.length === 0
        ? {}
        : { path: z.object(Object.fromEntries(names.map((name) => [name, z.string()]))) }),
      ...(query === null ? {} : { query }),
    },
    ...(bodySchema === undefined ? {} : { requestBody: { required: true, content: json(bodySchema) } }),
    responses: {
      "2XX": {
        description: "The answer; an entity's version is in its ETag.",
        content: json(z.looseObject({})),
      },
      "4XX": {
        description: "A fault of the request; the message says what to change.",
        content: json(adminErrorSchema),
      },
      "5XX": { description: "A provider's fault or ours.", content: json(adminErrorSchema) },
    },
  };
}

/** The parameters a query may have, without what is made of them afterwards. */
function queryOf({ querySchema }: AdminRoute): z.ZodObject | null {
  let schema: unknown = querySchema;
  while (schema instanceof z.ZodPipe) schema = schema.in;
  return schema instanceof z.ZodObject ? schema : null;
}

/** `/providers/:id` and `/models/*id` as templates: `{id}`. */
function templateOf(path: string): string {
  return path.replaceAll(/[:*]([A-Za-z]+)/g, "{$1}");
}
