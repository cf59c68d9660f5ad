import { describe, expect, it } from "vitest";
import { cachePolicyOf } from "./cache-policy.ts";
import { readCacheHeader, readCacheWish, type CacheSetting } from "./cache-wish.ts";

const defaults = { ttlMs: 3_600_000 };
const off: CacheSetting = { kind: "off" };
const on: CacheSetting = { kind: "on", ttlMs: null };
const onFor = (ttlMs: number): CacheSetting => ({ kind: "on", ttlMs });

describe("cachePolicyOf", () => {
  it.each<[string, CacheSetting, CacheSetting, CacheSetting, number | null]>([
    ["nobody asks", null, null, null, null],
    ["the request asks", on, null, null, 3_600_000],
    ["the key asks", null, on, null, 3_600_000],
    ["the model asks", null, null, on, 3_600_000],
    ["the request says no", off, on, on, null],
    ["the request asks although key and model say no", on, off, off, 3_600_000],
    ["the key says no", null, off, on, null],
    ["the key asks although the model says no", null, on, off, 3_600_000],
    ["the model says no", null, null, off, null],
    ["the request's time comes first", onFor(1), onFor(2), onFor(3), 1],
    ["then the key's", on, onFor(2), onFor(3), 2],
    ["then the model's", null, on, onFor(3), 3],
    ["also the model's when the key says no", on, off, onFor(3), 3],
  ])("S3-91: %s", (_title, request, key, model, ttlMs) => {
    expect(cachePolicyOf({ request, key, model, defaults })).toEqual(
      ttlMs === null ? { kind: "off" } : { kind: "use", ttlMs },
    );
  });
});

describe("what a request says about the cache", () => {
  it.each<[unknown, CacheSetting]>([
    [undefined, null],
    [null, null],
    [true, on],
    [false, off],
    [{ ttl_seconds: 60 }, onFor(60_000)],
  ])("S3-91: %j in the body", (value, setting) => {
    expect(readCacheWish(value, { at: "tokenhub.cache" })).toEqual(setting);
  });

  it.each([["yes"], [{ ttl_seconds: 0 }], [{ ttl_seconds: 1.5 }], [{ ttl: 5 }], [{}], [60]])(
    "S3-91: %j in the body is refused by name",
    (value) => {
      expect(() => readCacheWish(value, { at: "tokenhub.cache" })).toThrow(
        expect.objectContaining({ code: "invalid_request", param: "tokenhub.cache" }),
      );
    },
  );

  it.each<[string | undefined, CacheSetting]>([
    [undefined, null],
    ["", null],
    ["true", on],
    ["ON", on],
    ["off", off],
    ["false", off],
    ["30", onFor(30_000)],
  ])("S3-91: header %j", (value, setting) => {
    expect(readCacheHeader(value === undefined ? {} : { "x-tokenhub-cache": value })).toEqual(setting);
  });

  it.each(["soon", "0", "-1", "1e9", "1.5"])("S3-91: header %j is refused by name", (value) => {
    expect(() => readCacheHeader({ "x-tokenhub-cache": value })).toThrow(
      expect.objectContaining({ code: "invalid_request", param: "x-tokenhub-cache" }),
    );
  });
});
