import type { ServerResponse } from "node:http";

/** What the response of an injected request does otherwise than one that has a socket. */
const overridden = ["write", "end", "writeHead", "destroy"] as const;

/**
 * Makes these methods the response's own: Express puts a prototype of its own in place of the one that has them, and the
 * answer would be written to nowhere.
 */
export function ownMethods(response: ServerResponse): void {
  for (const name of overridden)
    Object.defineProperty(response, name, { value: response[name].bind(response), configurable: true });
}
