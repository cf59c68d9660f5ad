import type { Endpoint } from "./list-endpoints.ts";
import type { OpenApiDocument, SecurityScheme } from "./open-api-document.ts";
import type { RequestExamples } from "./request-examples.ts";

export interface CurlContext {
  readonly document: OpenApiDocument;
  /** Where the reader reaches the gateway, without a slash at the end. */
  readonly baseUrl: string;
  readonly examples: RequestExamples;
}

/** The name of the scheme that administrators use. */
export const adminScheme = "admin";

/** A command for a POSIX shell that calls the endpoint with the key in `$TOKENHUB_KEY`, or the admin token in its own variable. */
export function curlExample(endpoint: Endpoint, { document, baseUrl, examples }: CurlContext): string {
  const { method, path, operation } = endpoint;
  const { pathValues = {}, query, body, form } = examples[path] ?? {};
  const filledPath = path.replaceAll(/\{([^}]*)\}/g, (slot, name: string) =>
    Object.hasOwn(pathValues, name) ? encodeURIComponent(pathValues[name] ?? "") : slot,
  );
  const hasBody = operation.requestBody !== undefined;
  const impliedMethod = hasBody ? "post" : "get";
  const parts = [
    `curl ${method === impliedMethod ? "" : `-X ${method.toUpperCase()} `}${quoted(baseUrl + filledPath + (query === undefined ? "" : `?${query}`))}`,
    ...credentialHeader(endpoint, document),
  ];
  if (hasBody && form !== undefined)
    parts.push(...Object.entries(form).map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`));
  else if (hasBody) {
    parts.push('-H "content-type: application/json"');
    parts.push(`-d ${body === undefined ? "@request.json" : quoted(JSON.stringify(body))}`);
  }
  return parts.join(" \\\n  ");
}

/** One word of a POSIX shell, whatever it holds. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function credentialHeader({ operation }: Endpoint, document: OpenApiDocument): string[] {
  const [requirement] = operation.security ?? document.security ?? [];
  const [name] = Object.keys(requirement ?? {});
  const scheme = name === undefined ? undefined : document.components?.securitySchemes?.[name];
  const header = scheme === undefined ? null : keyHeader(scheme);
  const variable = name === adminScheme ? "$TOKENHUB_ADMIN_TOKEN" : "$TOKENHUB_KEY";
  return header === null ? [] : [`-H "${header}${variable}"`];
}

/** The header in front of the key, e.g. `x-api-key: `; null for schemes of another kind. */
export function keyHeader(scheme: SecurityScheme): string | null {
  if (scheme.type === "http" && scheme.scheme?.toLowerCase() === "bearer") return "authorization: Bearer ";
  const isHeader = scheme.type === "apiKey" && scheme.in === "header";
  // The name stands inside double quotes of a shell command.
  return isHeader && /^[A-Za-z0-9-]+$/.test(scheme.name ?? "") ? `${scheme.name}: ` : null;
}
