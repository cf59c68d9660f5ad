import { describe, expect, test } from "vitest";
import { seededRandom } from "../seeded-random.ts";
import { softmaxRank, softmaxShares } from "../softmax-shares.ts";
import { replayDoublyRobust, replayIps, type LoggedChoice, type ReplayPolicy } from "./replay.ts";

interface Context {
  readonly isLong: boolean;
}
const candidates = ["small", "large"];
const meanOf = ({ isLong }: Context, modelId: string): number =>
  modelId === "large" ? 0.7 : isLong ? 0.2 : 0.9;

/** What a log holds when a softened choice, the large model first, was made for each request. */
function logOf(rows: number, seed: number): LoggedChoice<Context>[] {
  const random = seededRandom(seed);
  const shares = softmaxShares(2, 1);
  return Array.from({ length: rows }, () => {
    const context = { isLong: random() < 0.5 };
    const rank = softmaxRank(2, { temperature: 1, random: random() });
    const chosen = ["large", "small"][rank] ?? "";
    const reward = random() < meanOf(context, chosen) ? 1 : 0;
    return { context, candidates, chosen, propensity: shares[rank] ?? 0, reward };
  });
}
const always =
  (choose: (context: Context) => string): ReplayPolicy<Context> =>
  ({ context }) =>
    new Map([[choose(context), 1]]);
const bySize = always(({ isLong }) => (isLong ? "large" : "small"));
const alwaysLarge = always(() => "large");

describe("an offline replay", () => {
  const log = logOf(20_000, 9);

  test("S1d-30: tells from the log of one policy what another one would have earned", () => {
    for (const [policy, truth] of [
      [bySize, 0.8],
      [alwaysLarge, 0.7],
    ] as const) {
      const estimate = replayIps(log, policy);
      expect(Math.abs(estimate.value - truth)).toBeLessThan(4 * estimate.standardError);
      expect(estimate.standardError).toBeLessThan(0.02);
      expect(estimate.rows).toBe(20_000);
    }
  });

  test("S1d-30: with a fair model of the rewards the doubly robust estimate is the steadier one", () => {
    const predict = (context: Context, modelId: string): number => meanOf(context, modelId);
    const robust = replayDoublyRobust(log, bySize, { predict });
    expect(Math.abs(robust.value - 0.8)).toBeLessThan(4 * robust.standardError);
    expect(robust.standardError).toBeLessThan(replayIps(log, bySize).standardError);
  });

  test("S1d-30: it is right with a wrong model as long as the propensities are, and with wrong propensities as long as the model is", () => {
    const wrongModel = replayDoublyRobust(log, bySize, { predict: () => 0.1 });
    expect(Math.abs(wrongModel.value - 0.8)).toBeLessThan(4 * wrongModel.standardError);
    const misread = log.map((row) => ({ ...row, propensity: 0.4 }));
    const wrongLog = replayDoublyRobust(misread, bySize, { predict: meanOf });
    expect(Math.abs(wrongLog.value - 0.8)).toBeLessThan(4 * wrongLog.standardError);
    expect(Math.abs(replayIps(misread, bySize).value - 0.8)).toBeGreaterThan(0.05);
  });

  test("replaying the policy that wrote the log gives the mean of its rewards", () => {
    const shares = softmaxShares(2, 1);
    const same: ReplayPolicy<Context> = () =>
      new Map([
        ["large", shares[0] ?? 0],
        ["small", shares[1] ?? 0],
      ]);
    const mean = log.reduce((sum, row) => sum + row.reward, 0) / log.length;
    const estimate = replayIps(log, same);
    expect(estimate.value).toBeCloseTo(mean, 10);
    expect(estimate.effectiveRows).toBeCloseTo(log.length, 6);
  });

  test("tells how little a log says about a policy that seldom agrees with it, and a limit bounds one row's weight", () => {
    const rare: LoggedChoice<Context> = {
      context: { isLong: false },
      candidates,
      chosen: "small",
      propensity: 0.001,
      reward: 1,
    };
    const rows = [rare, ...logOf(50, 4)];
    expect(replayIps(rows, bySize).effectiveRows).toBeLessThan(2);
    expect(replayIps([rare], bySize, { weightLimit: 10 }).value).toBe(10);
    expect(
      replayIps(
        log,
        always(() => "nobody"),
      ),
    ).toMatchObject({ value: 0, effectiveRows: 0 });
  });
});
