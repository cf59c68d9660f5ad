import { isIPv6 } from "node:net";

/** Bits of an IPv6 address that belong to the network; the rest a single machine can choose freely. */
const networkGroups = 4;

/**
 * What counts as one client's address: an IPv4 address by itself, an IPv6 address by its /64 network, which is what one
 * customer is given at least. Anything else stays as it is.
 */
export function addressGroupOf(address: string): string {
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain)) return address;
  const groups = expand(plain);
  return `${groups
    .slice(0, networkGroups)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

/** The eight groups of an IPv6 address; an IPv4 address at its end stands for the last two. */
function expand(address: string): string[] {
  const [head = "", tail] = address.replace(/[\d.]+\.\d+$/, "0:0").split("::");
  const groupsOf = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [first, last] = [groupsOf(head), groupsOf(tail ?? "")];
  return [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
}
