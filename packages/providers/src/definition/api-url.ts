const versionSuffix = "/v1";
const operationSuffix = /\/(?:chat\/completions|completions|embeddings|messages|models)$/;

/**
 * The URL of one operation below a configured base URL. `https://host`, `https://host/`, `https://host/v1`,
 * `https://host/v1/` and a base that already ends in the operation's path all reach the same place.
 * `prefix` replaces `/v1` for servers that version their API another way.
 */
export function apiUrl(
  baseUrl: string,
  { path, prefix }: { path: string; prefix?: string | undefined },
): string {
  return apiRoot(baseUrl) + (prefix ?? versionSuffix) + path;
}

/** The base URL without trailing slashes, operation path and `/v1`. */
export function apiRoot(baseUrl: string): string {
  const root = withoutTrailingSlashes(withoutTrailingSlashes(baseUrl).replace(operationSuffix, ""));
  return root.endsWith(versionSuffix) ? withoutTrailingSlashes(root.slice(0, -versionSuffix.length)) : root;
}

function withoutTrailingSlashes(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "/") end -= 1;
  return end === text.length ? text : text.slice(0, end);
}
