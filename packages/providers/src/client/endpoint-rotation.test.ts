import type { CatalogueProvider } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { EndpointRotation, endpointUrls } from "./endpoint-rotation.ts";

function provider(overrides: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return {
    id: "local",
    type: "vllm",
    enabled: true,
    baseUrl: null,
    timeoutMs: 1_000,
    concurrency: 4,
    headers: {},
    options: {},
    ...overrides,
  };
}

const at = (nowMs: number, defaultBaseUrl: string | null = null) => ({ nowMs, defaultBaseUrl });

describe("EndpointRotation", () => {
  test("without a list the base URL is used, else the type's default, else there is none", () => {
    const rotation = new EndpointRotation();
    expect(rotation.next(provider({ baseUrl: "http://a" }), at(0, "http://default"))).toBe("http://a");
    expect(rotation.next(provider(), at(0, "http://default"))).toBe("http://default");
    expect(rotation.next(provider(), at(0))).toBeNull();
  });

  test("calls go round over the base URL and the list", () => {
    const rotation = new EndpointRotation();
    const target = provider({ baseUrl: "http://a", options: { endpoints: "http://b, http://a/,http://c" } });
    const seen = Array.from({ length: 6 }, () => rotation.next(target, at(0)));
    expect(seen).toEqual(["http://a", "http://b", "http://c", "http://a", "http://b", "http://c"]);
  });

  test("an unreachable endpoint is left out for five seconds", () => {
    const rotation = new EndpointRotation();
    const target = provider({ options: { endpoints: "http://a,http://b" } });
    rotation.reportUnreachable("http://a", { nowMs: 1_000 });
    expect([1_001, 2_000, 5_999].map((nowMs) => rotation.next(target, at(nowMs)))).toEqual(
      Array(3).fill("http://b"),
    );
    const seen = new Set([rotation.next(target, at(6_000)), rotation.next(target, at(6_000))]);
    expect(seen).toEqual(new Set(["http://a", "http://b"]));
  });

  test("when all endpoints are unreachable they are tried all the same", () => {
    const rotation = new EndpointRotation();
    const target = provider({ options: { endpoints: "http://a,http://b" } });
    rotation.reportUnreachable("http://a", { nowMs: 0 });
    rotation.reportUnreachable("http://b", { nowMs: 0 });
    const seen = new Set([rotation.next(target, at(1)), rotation.next(target, at(1))]);
    expect(seen).toEqual(new Set(["http://a", "http://b"]));
  });

  test("a changed list takes effect with the next call", () => {
    const rotation = new EndpointRotation();
    rotation.next(provider({ options: { endpoints: "http://a" } }), at(0));
    expect(rotation.next(provider({ options: { endpoints: "http://b" } }), at(0))).toBe("http://b");
  });

  test("a list of nothing but commas falls back to the default", () => {
    expect(endpointUrls(" , ,")).toEqual([]);
    const target = provider({ options: { endpoints: ",," } });
    expect(new EndpointRotation().next(target, at(0, "http://default"))).toBe("http://default");
  });
});
