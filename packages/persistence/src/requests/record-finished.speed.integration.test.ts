import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDatabase } from "../open-database.ts";
import { buildFact, buildReward } from "../testing/build-fact.ts";
import { recordFinished } from "./record-finished.ts";

/** About 3 ms on an idle core; the bound leaves room for a machine that is busy with other tests. */
const longestMedianMs = 30;

test("a batch of 64 requests is recorded in a few milliseconds, so that SQLite holds up no request", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-speed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await using database = await openDatabase({ kind: "sqlite", path: join(folder, "hub.db") });
  await database.migrate();
  const durationsMs: number[] = [];
  for (let batch = 0; batch < 60; batch += 1) {
    const facts = Array.from({ length: 64 }, (_, index) => {
      const number = batch * 64 + index;
      const chosen = { modelId: `model-${number % 6}`, providerId: `provider-${number % 3}` };
      return buildFact(number, { keyId: `key_${number % 10}`, result: chosen });
    });
    const rewards = facts.map((fact) => buildReward(fact));
    const startedAtMs = performance.now();
    await recordFinished(database.db, { facts, rewards, updateArm: (arm) => arm, nowMs: 1 });
    durationsMs.push(performance.now() - startedAtMs);
  }
  const median = durationsMs.toSorted((left, right) => left - right)[30] ?? 0;
  expect(median).toBeLessThan(longestMedianMs);
});
