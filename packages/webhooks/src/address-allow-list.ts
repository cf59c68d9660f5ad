import ipaddr from "ipaddr.js";
import { isIP } from "node:net";

/** Address ranges that an operator opens for webhooks, both families. */
export type AddressAllowList = readonly AddressRange[];

export interface AddressRange {
  readonly base: ipaddr.IPv4 | ipaddr.IPv6;
  readonly bits: number;
}

export type AllowListReading =
  | { readonly kind: "ok"; readonly allow: AddressAllowList }
  /** `problem` quotes the first entry that is no range. */
  | { readonly kind: "invalid"; readonly problem: string };

/** Reads ranges like `10.0.0.0/8` or `fd00::/8`; a single address is a range of one. */
export function readAddressAllowList(entries: readonly string[]): AllowListReading {
  const allow: AddressRange[] = [];
  for (const entry of entries) {
    const range = addressRangeOf(entry);
    if (range === null)
      return {
        kind: "invalid",
        problem: `"${entry}" is no address range; write ranges like 10.0.0.0/8 or fd00::/8, separated by commas.`,
      };
    allow.push(range);
  }
  return { kind: "ok", allow };
}

/** The range of a text, one in IPv4-mapped form as the IPv4 range that it is; null when it is none. */
export function addressRangeOf(entry: string): AddressRange | null {
  const [, text = "", bitsText] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  if (isIP(text) === 0) return null;
  const written = ipaddr.parse(text);
  const base = ipaddr.process(text);
  const bits = bitsText === undefined ? bitsOf(written) : Number(bitsText);
  const mappedBits = bitsOf(written) - bitsOf(base);
  if (bits < mappedBits || bits > bitsOf(written)) return null;
  return { base, bits: bits - mappedBits };
}

function bitsOf(address: ipaddr.IPv4 | ipaddr.IPv6): number {
  return address.kind() === "ipv4" ? 32 : 128;
}

export function isInRange(address: ipaddr.IPv4 | ipaddr.IPv6, { base, bits }: AddressRange): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}
