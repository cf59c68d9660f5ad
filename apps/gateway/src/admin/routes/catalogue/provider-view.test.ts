import type { CatalogueProvider } from "@tokenhub/contracts";
import { describe, expect, it } from "vitest";
import { createDisabledKeyStore } from "../../../catalogue/provider-key-store.ts";
import { plainProvider } from "./provider-from-body.ts";
import { viewProviders } from "./provider-view.ts";

const keys = {
  ...createDisabledKeyStore(undefined as never),
  havingKey: async () => new Set(["sealed"]),
};

async function view(entry: Partial<CatalogueProvider>, { runsInContainer = false } = {}) {
  const stored = {
    entry: { ...plainProvider("p", "vllm"), ...entry },
    source: "admin" as const,
    version: 1,
    createdAtMs: 0,
    updatedAtMs: 0,
  };
  const environmentAddressOf = (id: string) => (id === "abroad" ? "http://elsewhere:1" : null);
  const deps = { keys, catalogue: { environmentAddressOf }, configuredKeyOf: () => null, runsInContainer };
  const [seen] = await viewProviders(deps, [stored]);
  return seen as {
    readonly base_url: string | null;
    readonly has_key: boolean;
    readonly warnings?: readonly string[];
  };
}

describe("a provider as it is shown", () => {
  it.each(["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000", "http://api.localhost"])(
    "S3-78: warns in a container that %s is the container itself, and only there",
    async (baseUrl) => {
      expect((await view({ baseUrl }, { runsInContainer: true })).warnings?.[0]).toContain(
        "host.docker.internal",
      );
      expect((await view({ baseUrl })).warnings).toBeUndefined();
      expect(
        (await view({ baseUrl: "http://models.internal" }, { runsInContainer: true })).warnings,
      ).toBeUndefined();
    },
  );

  it("has the environment's address where it states none itself", async () => {
    expect((await view({ id: "abroad" })).base_url).toBe("http://elsewhere:1");
    expect((await view({ id: "abroad", baseUrl: "http://own:1" })).base_url).toBe("http://own:1");
    expect((await view({})).base_url).toBeNull();
  });

  it("warns of a provider whose type needs a key and that has none", async () => {
    expect((await view({ type: "openai" })).warnings?.[0]).toContain("no key");
    const sealed = await view({ id: "sealed", type: "openai" });
    expect([sealed.has_key, sealed.warnings]).toEqual([true, undefined]);
    expect((await view({ type: "openai", credentialSource: "none" })).warnings).toBeUndefined();
  });
});
