import { TokenHubError } from "@tokenhub/contracts";

/** The error for a body that its format cannot mean; `param` is the dotted path of the field, e.g. `messages.0.role`. */
export function invalidRequest(param: string, problem: string): TokenHubError {
  return new TokenHubError("invalid_request", `\`${param}\` ${problem}.`, { param });
}
