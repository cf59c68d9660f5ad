import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planDispatch } from "./plan-dispatch.ts";

const group = (tenantId: string, model = "m", lane = "background"): string => `${tenantId}|${lane}|${model}`;
const none: ReadonlyMap<string, number> = new Map();

function sharesOf(...given: Parameters<typeof planDispatch>): Record<string, number> {
  return Object.fromEntries(planDispatch(...given).map(({ group: name, limit }) => [name, limit]));
}

describe("free places", () => {
  it("are shared equally among tenants, whatever the number of their models", () => {
    const queuedGroups = [group("a", "m1"), group("a", "m2"), group("a", "m3"), group("b")];
    const shares = sharesOf({ queuedGroups, running: none }, { running: 12, runningPerGroup: 100 });
    expect(shares[group("b")]).toBe(6);
    expect(shares[group("a", "m1")]).toBe(2);
  });

  it("that one tenant cannot use go to the others", () => {
    const queuedGroups = [group("a"), group("b")];
    const running = new Map([[group("a"), 4]]);
    const shares = sharesOf({ queuedGroups, running }, { running: 14, runningPerGroup: 5 });
    expect(shares).toEqual({ [group("a")]: 1, [group("b")]: 5 });
  });

  it("go to requests whose callers wait first, then to background jobs, then to batches", () => {
    const queuedGroups = [group("a", "m", "batch"), group("a", "m", "interactive"), group("a")];
    const shares = sharesOf({ queuedGroups, running: none }, { running: 3, runningPerGroup: 2 });
    expect(shares).toEqual({ [group("a", "m", "interactive")]: 2, [group("a")]: 1 });
  });

  it("are none while as many jobs run as may", () => {
    const running = new Map([[group("z"), 10]]);
    expect(
      planDispatch({ queuedGroups: [group("a")], running }, { running: 10, runningPerGroup: 9 }),
    ).toEqual([]);
  });

  it("are never more than there are, in all and in each group, and none stays free that somebody could use", () => {
    const names = fc.constantFrom("a", "b", "c");
    const groups = fc.uniqueArray(
      fc
        .tuple(names, names, fc.constantFrom("interactive", "background", "batch"))
        .map(([tenant, model, lane]) => group(tenant, model, lane)),
    );
    const counts = fc.array(
      fc.tuple(
        names.map((tenant) => group(tenant)),
        fc.nat(8),
      ),
    );
    fc.assert(
      fc.property(groups, counts, fc.nat(40), fc.nat(8), (queuedGroups, entries, most, runningPerGroup) => {
        const running = new Map(entries);
        const shares = planDispatch({ queuedGroups, running }, { running: most, runningPerGroup });
        const given = shares.reduce((sum, { limit }) => sum + limit, 0);
        const busy = [...running.values()].reduce((sum, count) => sum + count, 0);
        expect(given).toBeLessThanOrEqual(Math.max(0, most - busy));
        for (const { group: name, limit } of shares)
          expect(limit + (running.get(name) ?? 0)).toBeLessThanOrEqual(runningPerGroup);
        if (given < most - busy)
          for (const name of queuedGroups)
            expect(
              (sharesOf({ queuedGroups, running }, { running: most, runningPerGroup })[name] ?? 0) +
                (running.get(name) ?? 0),
            ).toBeGreaterThanOrEqual(runningPerGroup);
      }),
    );
  });
});
