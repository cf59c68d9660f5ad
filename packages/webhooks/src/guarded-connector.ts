import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import type { AddressAllowList } from "./address-allow-list.ts";
import { problemOfDestination, portOf } from "./check-destination.ts";
import { hostOf, literalAddresses } from "./literal-addresses.ts";
import type { ResolveHost } from "./resolve-host.ts";

/** The connection was not opened because of where it would have led. `message` is a sentence for people. */
export class AddressRefusedError extends Error {}

export interface GuardedConnectorOptions {
  readonly allow: AddressAllowList;
  readonly resolveHost: ResolveHost;
  /** Keeps a connection from being opened after it fired. */
  readonly signal: AbortSignal;
  /** When a connection that nobody waits for any more is let go. */
  readonly connectTimeoutMs: number;
}

/**
 * Opens connections only to addresses that webhooks may go to, however the host is written. A name is resolved once, refused
 * if any of its addresses is bad, and connected to exactly those that were checked, so that it cannot change in between.
 */
export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  return (target, callback) => void connectGuarded(target, options, callback);
}

async function connectGuarded(
  target: buildConnector.Options,
  options: GuardedConnectorOptions,
  callback: buildConnector.Callback,
): Promise<void> {
  let addresses: readonly string[];
  try {
    addresses = await findAddresses(target, options);
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)), null);
    return;
  }
  const { connectTimeoutMs } = options;
  const connect = buildConnector({
    allowH2: false,
    timeout: connectTimeoutMs,
    lookup: pinnedLookup(addresses),
  });
  connect({ ...target, hostname: pinnedHost(target, addresses) }, callback);
}

async function findAddresses(
  target: buildConnector.Options,
  { allow, resolveHost, signal }: GuardedConnectorOptions,
): Promise<readonly string[]> {
  const { protocol } = target;
  const host = hostOf(target);
  const port = portOf({ protocol, port: target.port });
  const problemOf = (address: string): string | null =>
    problemOfDestination({ address, protocol, port }, allow);

  const literals = literalAddresses(host);
  // Of localhost the operator may have opened one family only; a name must be good in all that it says.
  const open = literals?.filter((address) => problemOf(address) === null) ?? [];
  if (open.length > 0) return open;
  const addresses = literals ?? (await resolveHost(host));
  signal.throwIfAborted();
  if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: "ENODATA" });
  for (const address of addresses) {
    const problem = problemOf(address);
    if (problem === null) continue;
    throw new AddressRefusedError(
      literals === null ? `An address of ${host} cannot be used: ${problem}` : problem,
    );
  }
  return addresses;
}

function pinnedHost(target: buildConnector.Options, addresses: readonly string[]): string {
  const host = hostOf(target);
  return isIP(host) === 0 ? host : (addresses[0] ?? host);
}

/** A lookup that knows nothing but the addresses that were checked, of which there is one at least. */
function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, { all }, callback) => {
    if (all === true) callback(null, found);
    else callback(null, found[0]?.address ?? "", found[0]?.family);
  };
}
