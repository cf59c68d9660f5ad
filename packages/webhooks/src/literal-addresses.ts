import { isIP } from "node:net";

/** A URL's host without the brackets of IPv6. */
export function hostOf({ hostname }: Pick<URL, "hostname">): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** The addresses of a host that needs no lookup; null for a name that does. `localhost` is defined to be these two (RFC 6761). */
export function literalAddresses(host: string): readonly string[] | null {
  if (/(^|\.)localhost\.?$/i.test(host)) return ["127.0.0.1", "::1"];
  return isIP(host) === 0 ? null : [host];
}
