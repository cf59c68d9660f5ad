import { describe, expect, test } from "vitest";
import { buildFact, buildReward, requestIdOf } from "../testing/build-fact.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { listFirstChoices, type LoggedFirstChoice } from "./list-choices.ts";
import { recordFinished } from "./record-finished.ts";

const nowMs = 1_795_000_100_000;
const always = { fromMs: 0, toMs: 2e12 };

describeDatabases(({ openMigrated }) => {
  describe("S1d-30: the first choices of the log", () => {
    test("come newest first, page by page, without repetition, with those among whom they were made", async () => {
      const { db } = await openMigrated();
      const facts = [1, 2, 3, 4, 5].map((number) => buildFact(number));
      await recordFinished(db, {
        facts,
        rewards: facts.flatMap((fact) => {
          // Two of them at the same moment.
          const reward = {
            ...buildReward(fact),
            timestampMs: nowMs - (fact === facts[1] ? 1 : 0),
            propensity: 0.5,
          };
          return [reward, { ...reward, attemptIndex: 1, modelId: "second" }];
        }),
        nowMs,
      });
      const read: LoggedFirstChoice[] = [];
      for (;;) {
        const page = await listFirstChoices(db, { ...always, limit: 2, before: read.at(-1) ?? null });
        read.push(...page);
        if (page.length < 2) break;
      }
      expect(read.map(({ eventId }) => eventId)).toEqual(
        [5, 4, 3, 1, 2].map((number) => `evt_${requestIdOf(number)}`),
      );
      expect(read[0]).toMatchObject({
        modelId: "gpt-4",
        propensity: 0.5,
        considered: [{ modelId: "gpt-4", isSkipped: false, hasFailedBefore: false, estimatedCostUsd: 0.002 }],
      });
    });

    test("leave out requests without a decision, and those outside the range", async () => {
      const { db } = await openMigrated();
      const undecided = buildFact(1, { result: { decision: null } });
      const decided = buildFact(2);
      await recordFinished(db, {
        facts: [undecided, decided],
        rewards: [undecided, decided].map((fact) => ({ ...buildReward(fact), timestampMs: nowMs })),
        nowMs,
      });
      const idsOf = async (range: { fromMs: number; toMs: number }): Promise<number> =>
        (await listFirstChoices(db, { ...range, limit: 10 })).length;
      expect(await idsOf(always)).toBe(1);
      expect(await idsOf({ fromMs: nowMs, toMs: nowMs + 1 })).toBe(1);
      expect(await idsOf({ fromMs: nowMs + 1, toMs: nowMs + 2 })).toBe(0);
      expect(await idsOf({ fromMs: 0, toMs: nowMs })).toBe(0);
    });
  });
});
