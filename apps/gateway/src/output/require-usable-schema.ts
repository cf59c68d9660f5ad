import { TokenHubError } from "@tokenhub/contracts";
import type { SchemaValidator } from "./schema-validator.ts";

/**
 * Tries a caller's schema out on a value, so that one that is none costs no call. What the value itself comes to is no matter.
 * @throws TokenHubError `invalid_request` for a schema that cannot be used.
 */
export async function requireUsableSchema(
  validator: Pick<SchemaValidator, "validate">,
  schema: unknown,
): Promise<void> {
  const outcome = await validator.validate(schema, {});
  if (outcome.kind !== "bad_schema") return;
  throw new TokenHubError("invalid_request", `The output schema cannot be used: ${outcome.reason}`, {
    param: "output_schema",
  });
}
