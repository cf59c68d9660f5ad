import { lookup, Resolver } from "node:dns/promises";

/** All addresses of a name. @throws an error with the `code` of DNS (`ENOTFOUND`, `ETIMEOUT`, ...) when there is none. */
export type ResolveHost = (name: string) => Promise<readonly string[]>;

export interface ResolveHostOptions {
  /** Whether a name that DNS does not have is looked for in the system's other sources, such as its hosts file. */
  readonly asksSystem: boolean;
  /** Name servers as `address:port`; absent: those of this machine. */
  readonly servers?: readonly string[];
}

/** Twice, so that both together stay well within the time of an attempt. */
const dnsTimeoutMs = 2_000;
const dnsTries = 2;

/**
 * Asks DNS directly, both families. The system's own lookup runs on few threads, which names whose servers do not answer would
 * occupy for everybody; it is asked only where such names lead to addresses that an operator opened.
 */
export function createResolveHost({ asksSystem, servers }: ResolveHostOptions): ResolveHost {
  const resolver = new Resolver({ timeout: dnsTimeoutMs, tries: dnsTries });
  if (servers !== undefined) resolver.setServers(servers);
  return async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = answers.flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
    if (addresses.length > 0) return addresses;
    if (asksSystem) return (await lookup(name, { all: true })).map(({ address }) => address);
    const failed = answers.find((answer) => answer.status === "rejected");
    throw failed?.reason ?? Object.assign(new Error(`${name} has no address`), { code: "ENOTFOUND" });
  };
}
