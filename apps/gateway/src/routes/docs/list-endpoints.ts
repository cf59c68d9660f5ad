import { methods, type Method, type OpenApiDocument, type Operation } from "./open-api-document.ts";

export interface Endpoint {
  readonly method: Method;
  readonly path: string;
  readonly operation: Operation;
  /** The id of its section on the page. */
  readonly anchor: string;
}

export interface EndpointGroup {
  readonly tag: string;
  readonly description: string;
  readonly endpoints: readonly Endpoint[];
}

const untagged = "Other";

/** All operations by their first tag: declared tags in their order, then the others as they appear. */
export function groupEndpoints(document: OpenApiDocument): EndpointGroup[] {
  const endpoints = listEndpoints(document);
  const tags = [
    ...(document.tags ?? []).map(({ name }) => name),
    ...endpoints.map(({ operation }) => operation.tags?.[0] ?? untagged),
  ];
  return [...new Set(tags)]
    .map((tag) => ({
      tag,
      description: document.tags?.find(({ name }) => name === tag)?.description ?? "",
      endpoints: endpoints.filter(({ operation }) => (operation.tags?.[0] ?? untagged) === tag),
    }))
    .filter((group) => group.endpoints.length > 0);
}

function listEndpoints({ paths }: OpenApiDocument): Endpoint[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation, anchor: anchorOf(method, path) }];
    }),
  );
}

function anchorOf(method: Method, path: string): string {
  return `${method}${path.replaceAll(/[^A-Za-z0-9._]+/g, "-").replace(/-$/, "")}`;
}
