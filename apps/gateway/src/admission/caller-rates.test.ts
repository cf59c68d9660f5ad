import { TokenHubError } from "@tokenhub/contracts";
import { describe, expect, test } from "vitest";
import { createCallerRates, ownLimits } from "./caller-rates.ts";
import { createRateLimiter } from "./rate-limiter.ts";

function setup({ waitMs = 0 }: { waitMs?: number } = {}) {
  const clock = { nowMs: 0 };
  const asked: { subject: string; burst: number }[] = [];
  const rates = createCallerRates({
    memory: createRateLimiter({ limits: { requestsPerSecond: 60, burst: 120 }, now: () => clock.nowMs }),
    shared: {
      take(subject, { burst }) {
        asked.push({ subject, burst });
        return Promise.resolve(waitMs);
      },
    },
  });
  const admitted = (subject: string, attempts: number): number => {
    let count = 0;
    for (let index = 0; index < attempts; index += 1) {
      try {
        expect(rates.admit({ rates: [{ subject, requestsPerSecond: null }] })).toBeNull();
        count += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(TokenHubError);
      }
    }
    return count;
  };
  return { rates, clock, asked, admitted };
}

describe("S3-92: the installation's rate", () => {
  test("lets 120 at once through, and 60 more after a full second", () => {
    const { clock, admitted, asked } = setup();
    expect(admitted("key:a", 500)).toBe(120);
    clock.nowMs += 1_000;
    expect(admitted("key:a", 500)).toBe(60);
    expect(asked).toEqual([]);
  });

  test("counts each key and each address by itself", () => {
    const { admitted } = setup();
    expect(admitted("key:a", 130)).toBe(120);
    expect(admitted("key:b", 130)).toBe(120);
    expect(admitted("address:10.0.0.1", 130)).toBe(120);
  });

  test("says when to come again", () => {
    const { rates, admitted } = setup();
    admitted("key:a", 120);
    expect(() => rates.admit({ rates: [{ subject: "key:a", requestsPerSecond: null }] })).toThrow(
      expect.objectContaining({ code: "rate_limited", retryAfterMs: 17 }),
    );
  });
});

describe("S3-92: a rate of its own", () => {
  test("has a burst of twice the rate, at least one", () => {
    expect(ownLimits(5)).toEqual({ requestsPerSecond: 5, burst: 10 });
    expect(ownLimits(0.2)).toEqual({ requestsPerSecond: 0.2, burst: 1 });
  });

  test("asks what all gateways share, once per rate, and not at all when it is unlimited", async () => {
    const { rates, asked } = setup();
    await rates.admit({
      rates: [
        { subject: "tenant:t", requestsPerSecond: 50 },
        { subject: "key:a", requestsPerSecond: 5 },
      ],
    });
    expect(asked).toEqual([
      { subject: "tenant:t", burst: 100 },
      { subject: "key:a", burst: 10 },
    ]);
    expect(rates.admit({ rates: [{ subject: "key:b", requestsPerSecond: Infinity }] })).toBeNull();
    expect(asked).toHaveLength(2);
  });

  test("refuses with the time to wait", async () => {
    const { rates } = setup({ waitMs: 250 });
    await expect(rates.admit({ rates: [{ subject: "key:a", requestsPerSecond: 5 }] })).rejects.toMatchObject({
      code: "rate_limited",
      retryAfterMs: 250,
    });
  });
});
