import type { BanditSnapshot } from "@tokenhub/contracts";
import { describe, expect, it } from "vitest";
import { createBanditFollower } from "./bandit-follower.ts";

const snapshotOf = (alpha: number): BanditSnapshot => ({
  v: 1,
  arms: [{ modelId: "m", tokenBucket: "small", alpha, beta: 1, updatedAtMs: 0 }],
});

function setup(first: string | null) {
  const world = { nowMs: 1_000_000, text: first, reads: 0, isBroken: false, errors: [] as Error[] };
  const follower = createBanditFollower({
    keyspace: { bandit: "bandit" },
    now: () => world.nowMs,
    onError: (error) => world.errors.push(error),
    reader: {
      get: async (key: unknown) => {
        expect(key).toBe("bandit");
        world.reads += 1;
        if (world.isBroken) throw new Error("gone");
        return world.text;
      },
    },
  });
  const alpha = async (): Promise<number | undefined> =>
    (await follower.arms()).get("small")?.get("m")?.alpha;
  /** Lets a reading in the background come to its end. */
  const settle = () => new Promise<void>((resolve) => void setImmediate(resolve));
  return { world, alpha, settle };
}

describe("a follower of the beliefs", () => {
  it("reads nothing until somebody asks, and the first one to ask waits", async () => {
    const { world, alpha } = setup(JSON.stringify(snapshotOf(7)));
    expect(world.reads).toBe(0);
    expect(await alpha()).toBe(7);
  });

  it("reads at most every five seconds, in the background, once for all who ask", async () => {
    const { world, alpha, settle } = setup(JSON.stringify(snapshotOf(7)));
    await alpha();
    world.text = JSON.stringify(snapshotOf(9));
    world.nowMs += 4_999;
    await Promise.all([alpha(), alpha()]);
    expect(world.reads).toBe(1);
    world.nowMs += 1;
    expect(await Promise.all([alpha(), alpha(), alpha()])).toEqual([7, 7, 7]);
    await settle();
    expect(world.reads).toBe(2);
    expect(await alpha()).toBe(9);
  });

  it("waits for a new reading after a long pause", async () => {
    const { world, alpha } = setup(JSON.stringify(snapshotOf(7)));
    await alpha();
    world.text = JSON.stringify(snapshotOf(9));
    world.nowMs += 60_000;
    expect(await alpha()).toBe(9);
  });

  it.each([
    ["Redis does not answer", (world: { isBroken: boolean }) => (world.isBroken = true)],
    ["the snapshot is not JSON", (world: { text: string | null }) => (world.text = "{")],
    [
      "the snapshot is of another kind",
      (world: { text: string | null }) => (world.text = '{"v":2,"arms":[]}'),
    ],
  ] as const)("keeps the old beliefs and says so when %s", async (_why, breakIt) => {
    const { world, alpha } = setup(JSON.stringify(snapshotOf(7)));
    await alpha();
    breakIt(world);
    world.nowMs += 60_000;
    expect(await alpha()).toBe(7);
    expect(world.errors).toHaveLength(1);
    world.nowMs += 1;
    await alpha();
    expect(world.reads).toBe(2);
  });

  it("knows nothing, without an error, before anything was published and after it is gone", async () => {
    const { world, alpha } = setup(null);
    expect(await alpha()).toBeUndefined();
    world.text = JSON.stringify(snapshotOf(7));
    world.nowMs += 60_000;
    expect(await alpha()).toBe(7);
    world.text = null;
    world.nowMs += 60_000;
    expect(await alpha()).toBeUndefined();
    expect(world.errors).toEqual([]);
  });
});
