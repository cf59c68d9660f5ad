import { TokenHubError } from "@tokenhub/contracts";
import { z } from "zod";
import { describeIssue } from "../../http/describe-issue.ts";

export type LegacyBody = Readonly<Record<string, unknown>>;

/** Any object: what is missing is said in this generation's own words. */
export const legacyBodySchema = z.looseObject({}).transform((body): LegacyBody => body);

/**
 * Reads a body whose fields are all required; unknown ones are passed over.
 * @throws TokenHubError `invalid_request`: `Missing required fields`, or what is wrong with one.
 */
export function readLegacyForm<Form>(
  schema: z.ZodType<Form>,
  { body, required }: { readonly body: LegacyBody; readonly required: readonly string[] },
): Form {
  const isMissing = (name: string): boolean =>
    body[name] === undefined || body[name] === null || body[name] === "";
  if (required.some(isMissing)) throw new TokenHubError("invalid_request", "Missing required fields");
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  throw new TokenHubError("invalid_request", `${path} is not valid: ${problem}`, { param: path });
}
