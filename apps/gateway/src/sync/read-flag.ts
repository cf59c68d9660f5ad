import { TokenHubError } from "@tokenhub/contracts";

/** @throws TokenHubError `invalid_request` for anything but true, false or nothing. */
export function readFlag(value: unknown, param: string): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw new TokenHubError("invalid_request", `\`${param}\` must be true or false.`, { param });
}
