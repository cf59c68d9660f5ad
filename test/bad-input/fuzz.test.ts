import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { mutatedRequests } from "./mutations.ts";
import { startRefusalBench, type Answer, type BadRequest, type RefusalBench } from "./refusal-bench.ts";

const requestCount = 2_000;
const seed = 20_261_121;
const atOnce = 16;
const hangMs = 5_000;

let bench: RefusalBench;
beforeAll(async () => {
  bench = await startRefusalBench({ redisUrl: inject("redisUrl") });
});
afterAll(() => bench[Symbol.asyncDispose]());

function faultOf(bad: BadRequest, { status, headers, text, durationMs }: Answer): string | null {
  if (durationMs > hangMs) return `took ${durationMs} ms`;
  if (status === 200) return null;
  if (status < 400 || status > 499) return `status ${status}`;
  if (headers["x-should-retry"] !== "false") return `x-should-retry ${String(headers["x-should-retry"])}`;
  const body = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
  const isOfFormat =
    bad.path === "/v1/messages" ? "request_id" in body : Object.keys(body).join() === "error";
  return isOfFormat && typeof body.error?.message === "string" ? null : "not an error of the caller's format";
}

describe("2,000 damaged requests", () => {
  it(
    "are each served or refused with a 4xx; none fails, hangs or leaves a rejection behind",
    { timeout: 60_000 },
    async () => {
      const rejections: unknown[] = [];
      const onRejection = (reason: unknown): void => void rejections.push(reason);
      process.on("unhandledRejection", onRejection);
      const requests = mutatedRequests(requestCount, seed);
      const faults: string[] = [];
      const statuses = new Map<number, number>();
      const queue = requests.values();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (const bad of queue) {
            const answer = await bench.send(bad);
            statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
            const fault = faultOf(bad, answer);
            if (fault !== null)
              faults.push(
                `${fault}: ${bad.path} ${JSON.stringify(bad.headers)} ${String(bad.body)}\n  -> ${answer.text.slice(0, 500)}`,
              );
          }
        }),
      );
      process.off("unhandledRejection", onRejection);

      expect(faults.slice(0, 5)).toEqual([]);
      expect(rejections).toEqual([]);
      expect("polluted" in {}).toBe(false);
      // Were nearly all of one kind, the damage would be too great or too small to find anything.
      expect(statuses.get(200)).toBeGreaterThan(requestCount / 10);
      expect(statuses.get(400)).toBeGreaterThan(requestCount / 4);
      const failures = bench.network.logLines.filter((line) => /"level":"(?:error|fatal)"/.test(line));
      expect(failures.slice(0, 3)).toEqual([]);
      expect(await bench.isHealthy()).toBe(true);
    },
  );
});
