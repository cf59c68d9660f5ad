import { createApiKeyRepository } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { expect, inject, it } from "vitest";
import { buildApiKey, openAccessBench } from "./access-bench.fixture.ts";
import { createKeyUsage } from "./key-usage.ts";

it("S3-92: the last use of each key is written once per interval, whatever the number of requests, and at the end", async () => {
  await using bench = await openAccessBench(inject("redisUrl"));
  const keys = createApiKeyRepository(bench.db);
  for (const id of ["key_1", "key_2"]) await keys.create(buildApiKey(id), { nowMs: 1 });
  const clock = { nowMs: 1_000 };
  const writes: number[] = [];
  const usage = createKeyUsage({
    touch(uses) {
      writes.push(uses.size);
      return keys.touch(uses);
    },
    now: () => clock.nowMs,
    onError: (error) => bench.errors.push(error),
    writeIntervalMs: 50,
  });
  for (let index = 0; index < 1_000; index += 1) usage.note("key_1");
  await until("the first write", () => writes.length > 0);
  expect((await keys.get("key_1"))?.lastUsedAtMs).toBe(1_000);
  expect((await keys.get("key_2"))?.lastUsedAtMs).toBeNull();

  clock.nowMs = 2_000;
  usage.note("key_2");
  await usage[Symbol.asyncDispose]();
  expect(await keys.get("key_2")).toMatchObject({ lastUsedAtMs: 2_000, version: 1 });
  expect(writes).toEqual([1, 1]);
  expect(bench.errors).toEqual([]);
});
