/** Cheaper than `new URL` for every call; the connection pool checks the origin once. */
export function splitUrl(url: string): { origin: string; path: string } {
  const pathStart = url.indexOf("/", url.indexOf("://") + 3);
  return pathStart === -1
    ? { origin: url, path: "/" }
    : { origin: url.slice(0, pathStart), path: url.slice(pathStart) };
}
