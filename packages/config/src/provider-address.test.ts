import { expect, test } from "vitest";
import { environmentAddressOf, readProviderAddresses } from "./provider-address.ts";

const addresses = readProviderAddresses({
  TOKENHUB_MY_VLLM_BASE_URL: " http://gpu:8000/v1/ ",
  TOKENHUB_EMPTY_BASE_URL: "",
  TOKENHUB_BASE_URL: "http://nobody",
  MY_VLLM_BASE_URL: "http://other",
  PATH: "/bin",
});

test("a provider's address in the environment goes by its id in upper case, and is written like every other", () => {
  expect(environmentAddressOf(addresses, "my-vllm")).toBe("http://gpu:8000");
  expect(environmentAddressOf(addresses, "my.vllm")).toBe("http://gpu:8000");
});

test.each(["empty", "vllm", "", "MY"])("%j has none", (id) => {
  expect(environmentAddressOf(addresses, id)).toBeNull();
});

test("what is no address is refused by the name of its variable", () => {
  expect(() => readProviderAddresses({ TOKENHUB_X_BASE_URL: "gpu:8000" })).toThrow(
    "TOKENHUB_X_BASE_URL is not an absolute URL",
  );
});
