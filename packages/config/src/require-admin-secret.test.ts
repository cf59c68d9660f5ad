import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { requireAdminSecret } from "./require-admin-secret.ts";
import { resolveProductConfig } from "./resolve-product-config.ts";

const configOf = (env: Record<string, string>) => resolveProductConfig({ file: null, env });

test("S0-36, S2-64, S4-47: production without an admin secret is refused in a sentence that names both variables", () => {
  const product = configOf({ TOKENHUB_DEPLOYMENT: "production", TOKENHUB_ADMIN_PASSWORD: " " });
  expect(() => requireAdminSecret(product)).toThrow(ConfigError);
  expect(() => requireAdminSecret(product)).toThrow("TOKENHUB_ADMIN_PASSWORD or TOKENHUB_ADMIN_TOKEN");
});

test.each([
  {},
  { TOKENHUB_DEPLOYMENT: "local" },
  { TOKENHUB_DEPLOYMENT: "production", TOKENHUB_ADMIN_PASSWORD: "a-password" },
  { TOKENHUB_DEPLOYMENT: "production", TOKENHUB_ADMIN_TOKEN: "a-token-of-16-characters" },
])("D3: %j starts", (env) => {
  expect(() => requireAdminSecret(configOf(env))).not.toThrow();
});
