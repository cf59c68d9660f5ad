import type { CatalogueProvider } from "@tokenhub/contracts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EndpointRotation } from "./endpoint-rotation.ts";
import { endpointUrls } from "./endpoint-urls.ts";

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
    credentialSource: "none",
    rateLimit: null,
    ...overrides,
  };
}

const at = (nowMs: number, defaultBaseUrl: string | null = null) => ({ nowMs, defaultBaseUrl });
const threeEndpoints = provider({ options: { endpoints: "http://a,http://b,http://c" } });
const twoEndpoints = provider({ options: { endpoints: "http://a,http://b" } });

/** The endpoint of a call that is over at once. */
function next(
  rotation: EndpointRotation,
  target: CatalogueProvider,
  when: ReturnType<typeof at>,
): string | null {
  const lease = rotation.take(target, when);
  lease?.end();
  return lease?.baseUrl ?? null;
}

function seen(rotation: EndpointRotation, target: CatalogueProvider, nowMs: number, calls = 6): string[] {
  return Array.from({ length: calls }, () => next(rotation, target, at(nowMs)) ?? "none");
}

const failed = (endpoint: string) => ({ providerId: "local", endpoint, isReachable: false });
const answered = (endpoint: string) => ({ providerId: "local", endpoint, isReachable: true });

describe("EndpointRotation", () => {
  test("without a list the base URL is used, else the type's default, else there is none", () => {
    const rotation = new EndpointRotation();
    expect(next(rotation, provider({ baseUrl: "http://a" }), at(0, "http://default"))).toBe("http://a");
    expect(next(rotation, provider(), at(0, "http://default"))).toBe("http://default");
    expect(next(rotation, provider(), at(0))).toBeNull();
  });

  test("S1d-2, S1d-32: calls go round over the base URL and the list", () => {
    const rotation = new EndpointRotation();
    const target = provider({ baseUrl: "http://a", options: { endpoints: "http://b, http://a/,http://c" } });
    expect(seen(rotation, target, 0)).toEqual([
      "http://a",
      "http://b",
      "http://c",
      "http://a",
      "http://b",
      "http://c",
    ]);
  });

  test("S1d-32: the endpoint with the fewest calls in flight is next", () => {
    const rotation = new EndpointRotation();
    const onA = rotation.take(threeEndpoints, at(0));
    const onB = rotation.take(threeEndpoints, at(0));
    expect([onA?.baseUrl, onB?.baseUrl]).toEqual(["http://a", "http://b"]);
    expect(seen(rotation, threeEndpoints, 0, 3)).toEqual(["http://c", "http://c", "http://c"]);
    onA?.end();
    expect(new Set(seen(rotation, threeEndpoints, 0))).toEqual(new Set(["http://a", "http://c"]));
  });

  test("calls in flight differ by at most one over healthy endpoints, whatever ends when", () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 20 }), { maxLength: 60 }), (ends) => {
        const rotation = new EndpointRotation();
        const open: { baseUrl: string; end(): void }[] = [];
        for (const end of ends) {
          const busy = (url: string): number => open.filter(({ baseUrl }) => baseUrl === url).length;
          const least = Math.min(...["http://a", "http://b", "http://c"].map(busy));
          const lease = rotation.take(threeEndpoints, at(0));
          if (lease === null) throw new Error("no endpoint");
          expect(busy(lease.baseUrl)).toBe(least);
          open.push(lease);
          if (end < open.length) open.splice(end, 1)[0]?.end();
        }
      }),
    );
  });

  test("S1d-32: an unreachable endpoint is left out for 5, 10, 20, 40, then 60 seconds", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    let nowMs = 1_000;
    for (const pauseMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      rotation.reportCall(failed("http://a"), { nowMs });
      expect(new Set(seen(rotation, twoEndpoints, nowMs + pauseMs - 1))).toEqual(new Set(["http://b"]));
      nowMs += pauseMs;
      expect(new Set(seen(rotation, twoEndpoints, nowMs))).toEqual(new Set(["http://a", "http://b"]));
    }
    rotation.reportCall(answered("http://a"), { nowMs });
    rotation.reportCall(failed("http://a"), { nowMs });
    expect(new Set(seen(rotation, twoEndpoints, nowMs + 5_000))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("calls that fail together count as one failure", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    for (const nowMs of [0, 1, 2, 4_999]) rotation.reportCall(failed("http://a"), { nowMs });
    expect(new Set(seen(rotation, twoEndpoints, 5_000))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("after a pause one call tries the endpoint while the others stay away", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    rotation.reportCall(failed("http://a"), { nowMs: 0 });
    const leases = Array.from({ length: 5 }, () => rotation.take(twoEndpoints, at(5_000)));
    expect(leases.filter((lease) => lease?.baseUrl === "http://a")).toHaveLength(1);
    rotation.reportCall(answered("http://a"), { nowMs: 5_000 });
    expect(seen(rotation, twoEndpoints, 5_000, 3)).toEqual(["http://a", "http://a", "http://a"]);
  });

  test("a trial that ends without a verdict leaves room for the next", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    rotation.reportCall(failed("http://a"), { nowMs: 0 });
    expect(new Set(seen(rotation, twoEndpoints, 5_000, 2))).toEqual(new Set(["http://a", "http://b"]));
    expect(new Set(seen(rotation, twoEndpoints, 5_000, 2))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("S1d-32: a failed health check leaves an endpoint out, one that succeeds brings it back at once", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    rotation.reportProbe(failed("http://a"), { nowMs: 0 });
    expect(new Set(seen(rotation, twoEndpoints, 89_999))).toEqual(new Set(["http://b"]));
    rotation.reportCall(failed("http://a"), { nowMs: 89_999 });
    rotation.reportProbe(answered("http://a"), { nowMs: 90_000 });
    expect(new Set(seen(rotation, twoEndpoints, 90_000))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("a health check counts before the first call too", () => {
    const rotation = new EndpointRotation();
    rotation.reportProbe(failed("http://a"), { nowMs: 0 });
    expect(new Set(seen(rotation, twoEndpoints, 1))).toEqual(new Set(["http://b"]));
    const later = new EndpointRotation();
    later.reportProbe(failed("http://a"), { nowMs: 0 });
    later.reportProbe(answered("http://a"), { nowMs: 1 });
    expect(new Set(seen(later, twoEndpoints, 2))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("a health check that is not repeated counts for 90 seconds", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    rotation.reportProbe(failed("http://a"), { nowMs: 0 });
    expect(new Set(seen(rotation, twoEndpoints, 90_000))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("when all endpoints are out they are tried all the same", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    rotation.reportCall(failed("http://a"), { nowMs: 0 });
    rotation.reportProbe(failed("http://b"), { nowMs: 0 });
    expect(new Set(seen(rotation, twoEndpoints, 1))).toEqual(new Set(["http://a", "http://b"]));
  });

  test("a call is never given an endpoint twice", () => {
    const rotation = new EndpointRotation();
    const tried = new Set<string>();
    for (const expected of ["http://a", "http://b", "http://c"]) {
      const lease = rotation.take(threeEndpoints, { ...at(0), tried });
      expect(lease?.baseUrl).toBe(expected);
      tried.add(expected);
    }
    expect(rotation.take(threeEndpoints, { ...at(0), tried })).toBeNull();
  });

  test("a changed list takes effect with the next call and keeps what is known of the others", () => {
    const rotation = new EndpointRotation();
    next(rotation, twoEndpoints, at(0));
    rotation.reportCall(failed("http://a"), { nowMs: 0 });
    const changed = provider({ options: { endpoints: "http://a,http://d" } });
    expect(new Set(seen(rotation, changed, 1))).toEqual(new Set(["http://d"]));
  });

  test("a list of nothing but commas falls back to the default", () => {
    expect(endpointUrls(" , ,")).toEqual([]);
    const target = provider({ options: { endpoints: ",," } });
    expect(next(new EndpointRotation(), target, at(0, "http://default"))).toBe("http://default");
  });

  test("a report about an endpoint nobody knows changes nothing", () => {
    const rotation = new EndpointRotation();
    rotation.reportCall(failed("http://a"), { nowMs: 0 });
    rotation.reportProbe({ ...failed("http://a"), providerId: "other" }, { nowMs: 0 });
    rotation.reportProbe(failed("http://x"), { nowMs: 0 });
    expect(new Set(seen(rotation, twoEndpoints, 1))).toEqual(new Set(["http://a", "http://b"]));
  });
});
