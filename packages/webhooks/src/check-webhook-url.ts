import type { AddressAllowList } from "./address-allow-list.ts";
import { portOf, problemOfDestination, problemOfPublicDestination } from "./check-destination.ts";
import { hostOf, literalAddresses } from "./literal-addresses.ts";

export type WebhookUrlVerdict =
  /** `url` in the one spelling that all others come down to; store this one. */
  | { readonly kind: "ok"; readonly url: string }
  /** `problem` is a sentence for the caller. */
  | { readonly kind: "refused"; readonly problem: string };

const mostCharacters = 2_048;

/**
 * What can be said of a receiver's URL when it is registered. A name may lead anywhere, later too, so addresses are checked
 * again at every attempt; here `http:` and unusual ports pass for a name only if the operator opened any address at all.
 */
export function checkWebhookUrl(text: string, allow: AddressAllowList): WebhookUrlVerdict {
  const problem = (sentence: string): WebhookUrlVerdict => ({ kind: "refused", problem: sentence });
  if (text.length > mostCharacters)
    return problem(`The webhook URL is longer than ${mostCharacters} characters; use a shorter one.`);
  if (!URL.canParse(text))
    return problem("The webhook URL is not a URL; write it like https://example.com/webhooks.");
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return problem("The webhook URL must begin with https://.");
  if (url.username !== "" || url.password !== "")
    return problem(
      "The webhook URL must not hold a user name or password; receivers verify the signature instead.",
    );
  url.hash = "";
  const refusal = problemOfHost(url, allow);
  return refusal === null ? { kind: "ok", url: url.href } : problem(refusal);
}

function problemOfHost(url: URL, allow: AddressAllowList): string | null {
  const { protocol } = url;
  const port = portOf(url);
  const addresses = literalAddresses(hostOf(url));
  if (addresses === null) return allow.length > 0 ? null : problemOfPublicDestination({ protocol, port });
  const problems = addresses.map((address) => problemOfDestination({ address, protocol, port }, allow));
  return problems.includes(null) ? null : (problems[0] ?? null);
}
