import { TokenHubError } from "@tokenhub/contracts";
import { checkWebhookUrl, type AddressAllowList } from "@tokenhub/webhooks";

/**
 * A receiver's URL as it is stored.
 * @throws TokenHubError `invalid_request` naming `param`, for a URL that nothing may be sent to.
 */
export function readWebhookUrl(
  text: string,
  { allow, param }: { readonly allow: AddressAllowList; readonly param: string },
): string {
  const verdict = checkWebhookUrl(text, allow);
  if (verdict.kind === "ok") return verdict.url;
  throw new TokenHubError("invalid_request", verdict.problem, { param });
}
