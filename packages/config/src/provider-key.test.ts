import { expect, test } from "vitest";
import { environmentNameOf, resolveProviderKey } from "./provider-key.ts";
import { Secret } from "./secret.ts";

const provider = {
  id: "vllm-local",
  credential: { source: "env" as const, envName: "MY_KEY", inlineKey: new Secret("inline") },
};
const everything = { MY_KEY: "named", TOKENHUB_VLLM_LOCAL_API_KEY: "prefixed", VLLM_LOCAL_API_KEY: "plain" };

test("C10: api_key_env, inline key, TOKENHUB_<NAME>_API_KEY and <NAME>_API_KEY count in this order", () => {
  const environment: Record<string, string> = { ...everything };
  const named = resolveProviderKey(provider, environment);
  expect([named.key?.reveal(), named.variable]).toEqual(["named", "MY_KEY"]);

  environment["MY_KEY"] = "";
  const inline = resolveProviderKey(provider, environment);
  expect([inline.key?.reveal(), inline.source]).toEqual(["inline", "inline"]);

  const withoutInline = { ...provider, credential: { ...provider.credential, inlineKey: null } };
  expect(resolveProviderKey(withoutInline, environment).key?.reveal()).toBe("prefixed");
  delete environment["TOKENHUB_VLLM_LOCAL_API_KEY"];
  expect(resolveProviderKey(withoutInline, environment).key?.reveal()).toBe("plain");
  delete environment["VLLM_LOCAL_API_KEY"];
  expect(resolveProviderKey(withoutInline, environment)).toEqual({
    key: null,
    source: "none",
    variable: null,
    warning: null,
  });
});

test("an inline key comes with a warning that does not contain it", () => {
  const { warning } = resolveProviderKey(provider, {});
  expect(warning).toContain("vllm-local");
  expect(warning).not.toContain("inline key");
});

test("D8: a key that arrives as an empty string is no key", () => {
  const openai = { id: "openai", credential: { source: "default" as const, envName: null, inlineKey: null } };
  expect(resolveProviderKey(openai, { OPENAI_API_KEY: "" }).key).toBeNull();
});

test("a provider without credentials takes none from the environment", () => {
  const keyless = { id: "openai", credential: { source: "none" as const, envName: null, inlineKey: null } };
  expect(resolveProviderKey(keyless, { OPENAI_API_KEY: "sk" }).key).toBeNull();
});

test("D7: every character outside A-Z and 0-9 becomes _", () => {
  expect(environmentNameOf("vllm-local")).toBe("VLLM_LOCAL");
  expect(environmentNameOf("my.Provider_2")).toBe("MY_PROVIDER_2");
});
