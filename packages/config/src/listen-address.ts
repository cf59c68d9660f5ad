import { ConfigError } from "./config-error.ts";

export interface ListenAddress {
  /** Null when the text states only a port, as `:8080` does. */
  readonly host: string | null;
  readonly port: number;
}

/**
 * Splits `host:port`, `:port` or `[ipv6]:port`.
 * @param name how the setting is called in the message of an error.
 * @throws ConfigError when it has another form or the port is above 65535.
 */
export function parseListenAddress(text: string, { name }: { readonly name: string }): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3] ?? Number.NaN);
  if (match === null || !(port <= 65_535)) {
    throw new ConfigError(`${name} is "${text}"; write it like :8080, 127.0.0.1:8080 or [::1]:8080.`);
  }
  return { host: match[1] ?? (match[2] || null), port };
}

/** Whether only programs of the same machine can connect to `host`. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
