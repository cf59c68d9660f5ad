import { providerTypes } from "@tokenhub/providers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainProvider, providerFromBody } from "./provider-from-body.ts";

const vllm = {
  ...plainProvider("p", "vllm"),
  baseUrl: "http://old:1",
  options: { endpoints: "http://old:1,http://old:2" },
};

describe("a provider of a body", () => {
  it("S1d-2: keeps every field that is not stated, and several endpoints in their order", () => {
    expect(providerFromBody({}, vllm)).toEqual(vllm);
    expect(providerFromBody({ endpoints: ["http://a:1/v1", "http://b:2/"] }, vllm)).toEqual({
      ...vllm,
      options: { endpoints: "http://a:1,http://b:2" },
    });
    expect(providerFromBody({ endpoints: null }, vllm).options).toEqual({});
  });

  it("takes the first endpoint as its address where none is stated", () => {
    const base = plainProvider("p", "vllm");
    expect(providerFromBody({ endpoints: ["http://a:1", "http://b:2"] }, base).baseUrl).toBe("http://a:1");
    expect(() => providerFromBody({}, base)).toThrow(/base_url/);
    expect(() => providerFromBody({ base_url: "" }, base)).toThrow(/base_url/);
  });

  it("leaves its address to the environment when it states none, or the one that the environment gives", () => {
    const base = plainProvider("p", "vllm");
    const environment = { environmentAddress: "http://env:1" };
    expect(providerFromBody({}, base, environment).baseUrl).toBeNull();
    expect(providerFromBody({ base_url: "http://env:1/v1" }, base, environment).baseUrl).toBeNull();
    expect(providerFromBody({ base_url: "http://own:1" }, base, environment).baseUrl).toBe("http://own:1");
    expect(providerFromBody({ timeout_ms: 5 }, vllm, environment).baseUrl).toBe("http://old:1");
    expect(providerFromBody({ endpoints: ["http://a:1"] }, base, environment).baseUrl).toBe("http://a:1");
  });

  it("S3-76: of every type that has an address of its own, or needs none, needs none in the body", () => {
    for (const type of providerTypes()) {
      const make = () => providerFromBody({ type, base_url: null }, plainProvider("p", type));
      if (["vllm", "openai-compatible", "azure-openai"].includes(type))
        expect(make, type).toThrow(/base_url/);
      else expect(make().baseUrl, type).toBeNull();
    }
  });

  it("S1d-1: a key makes the vault its source, and clearing the key leaves the environment", () => {
    const plain = plainProvider("p", "openai");
    const sealed = providerFromBody({ api_key: "k" }, plain);
    expect(sealed.credentialSource).toBe("escrow");
    expect(providerFromBody({}, sealed).credentialSource).toBe("escrow");
    expect(providerFromBody({ api_key: null }, sealed).credentialSource).toBe("env");
    expect(providerFromBody({ cred_store: "vault" }, plain).credentialSource).toBe("escrow");
    expect(providerFromBody({ cred_store: "" }, plain).credentialSource).toBe("env");
    expect(() => providerFromBody({ cred_store: "env", credential_source: "none" }, plain)).toThrow(
      /cred_store/,
    );
  });

  it("never carries a key into the entry that is stored and published", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (text) => {
        const key = `sk-${text}`;
        const entry = providerFromBody({ api_key: key }, plainProvider("p", "openai"));
        expect(Object.values(entry)).not.toContain(key);
        expect(JSON.stringify(entry)).not.toContain(JSON.stringify(key).slice(1, -1));
      }),
    );
  });
});
