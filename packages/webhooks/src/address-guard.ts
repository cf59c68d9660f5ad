import ipaddr from "ipaddr.js";
import { isIP } from "node:net";
import { addressRangeOf, isInRange, type AddressAllowList, type AddressRange } from "./address-allow-list.ts";

/** `allowed`: the operator opened it. `public`: anybody's. `refused`: `what` names the kind of address, e.g. "a loopback address". */
export type AddressVerdict =
  | { readonly kind: "allowed" | "public" }
  | { readonly kind: "refused"; readonly what: string };

/** Ranges that no webhook goes to, and how they are called. IPv4-mapped addresses are looked up as the IPv4 that they are. */
const refusedRanges: readonly (readonly [what: string, ranges: readonly string[]])[] = [
  ["an unspecified address", ["0.0.0.0/8", "::/128"]],
  ["a loopback address", ["127.0.0.0/8", "::1/128"]],
  ["a private address", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"]],
  ["an address behind a carrier's translation", ["100.64.0.0/10"]],
  ["a link-local address", ["169.254.0.0/16", "fe80::/10"]],
  ["an address that is translated to another one", ["64:ff9b::/96", "64:ff9b:1::/48", "::/96"]],
  ["an address of a tunnel", ["192.88.99.0/24", "2002::/16", "2001::/32"]],
  [
    "a documentation address",
    ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"],
  ],
  ["a multicast address", ["224.0.0.0/4", "ff00::/8"]],
  ["a reserved address", ["192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "100::/64", "5f00::/16"]],
];

const refused = refusedRanges.flatMap(([what, ranges]) =>
  ranges.flatMap((text): { what: string; range: AddressRange }[] => {
    const range = addressRangeOf(text);
    return range === null ? [] : [{ what, range }];
  }),
);

/**
 * Whether a webhook may go to an address, in any spelling that `net.isIP` takes. What the operator opened comes first; what
 * is neither in a known range nor ordinary global unicast is refused too.
 */
export function guardAddress(text: string, allow: AddressAllowList): AddressVerdict {
  if (isIP(text) === 0) return { kind: "refused", what: "no address" };
  const address = ipaddr.process(text);
  if (allow.some((range) => isInRange(address, range))) return { kind: "allowed" };
  const found = refused.find(({ range }) => isInRange(address, range));
  if (found !== undefined) return { kind: "refused", what: found.what };
  return address.range() === "unicast" ? { kind: "public" } : { kind: "refused", what: "a reserved address" };
}
