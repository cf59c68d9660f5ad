import { BlockList, isIP } from "node:net";
import type { IncomingMessage } from "node:http";

/** The address a request comes from. */
export type AddressReader = (request: Pick<IncomingMessage, "headers" | "socket">) => string;

/**
 * Reads the caller's address. `X-Forwarded-For` is believed only as far as trusted proxies wrote it: from its end, the
 * first address that is no trusted proxy is the caller's.
 * @param trustedProxies addresses or CIDR ranges; an entry that is neither is ignored.
 */
export function createAddressReader(trustedProxies: readonly string[]): AddressReader {
  const trusted = new BlockList();
  for (const entry of trustedProxies) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (isIP(address) === 0) continue;
    if (bits === undefined) trusted.addAddress(address, family);
    else trusted.addSubnet(address, Number(bits), family);
  }
  const isTrusted = (address: string): boolean =>
    isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

  return (request) => {
    const peer = plainAddress(request.socket.remoteAddress ?? "");
    if (trustedProxies.length === 0 || !isTrusted(peer)) return peer;
    const forwarded = String(request.headers["x-forwarded-for"] ?? "")
      .split(",")
      .map((part) => plainAddress(part.trim()))
      .filter((part) => isIP(part) !== 0);
    return forwarded.findLast((address) => !isTrusted(address)) ?? forwarded[0] ?? peer;
  };
}

/** IPv4 addresses on an IPv6 socket are written as IPv4. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
