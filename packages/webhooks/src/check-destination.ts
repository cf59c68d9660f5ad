import { guardAddress } from "./address-guard.ts";
import type { AddressAllowList } from "./address-allow-list.ts";

export interface Destination {
  readonly address: string;
  /** As in URLs: `https:`. */
  readonly protocol: string;
  readonly port: number;
}

const commonPorts: readonly number[] = [443, 80];
const wayOut = "have the operator add the receiver's address to TOKENHUB_WEBHOOK_ALLOW";

/** Why a webhook must not go to an address, as a sentence; null when it may. */
export function problemOfDestination(destination: Destination, allow: AddressAllowList): string | null {
  const verdict = guardAddress(destination.address, allow);
  switch (verdict.kind) {
    case "allowed":
      return null;
    case "refused":
      return `${destination.address} is ${verdict.what}, to which no webhook is sent; use a public address, or ${wayOut}.`;
    case "public":
      return problemOfPublicDestination(destination);
  }
}

/** Without TLS, and to unusual ports, webhooks go only to addresses that the operator opened. */
export function problemOfPublicDestination({ protocol, port }: Omit<Destination, "address">): string | null {
  if (protocol !== "https:") return `Webhooks are sent over https only; use an https URL, or ${wayOut}.`;
  if (commonPorts.includes(port)) return null;
  return `Webhooks are sent to the ports ${commonPorts.join(" and ")} only, not to ${port}; use one of these, or ${wayOut}.`;
}

/** The port of a URL; the protocol's own when it names none. */
export function portOf({ protocol, port }: Pick<URL, "protocol" | "port">): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}
