import type { IncomingHttpHeaders } from "node:http";

/** Wishes about routing and caching, the version of a format, and the trace; never a credential. */
const meaningful =
  /^(?:x-tokenhub-(?!timeout-ms$)[a-z-]+|anthropic-(?:version|beta)|traceparent|cache-control)$/;

/** The headers of a request that mean something to its execution, for when there is no connection any more. */
export function keptHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (typeof value === "string" && meaningful.test(name)) kept[name] = value;
  return kept;
}
