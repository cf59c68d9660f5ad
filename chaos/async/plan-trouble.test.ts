import { expect, test } from "vitest";
import { seededRandom } from "../../packages/routing/src/seeded-random.ts";
import { chooseReaction } from "./choose-reaction.ts";
import { planTrouble } from "./plan-trouble.ts";

const planOf = (seed: number) =>
  planTrouble({
    jobs: 5_000,
    services: 7,
    kills: 28,
    pauses: 4,
    redisRestarts: 4,
    random: seededRandom(seed),
  });

test("trouble is spread over all jobs in order, reaches every service alike, and Redis loses its data once", () => {
  const plan = planOf(1);
  expect(plan).toHaveLength(37);
  expect(plan.map(({ afterJobs }) => afterJobs)).toEqual(
    plan.map(({ afterJobs }) => afterJobs).toSorted((left, right) => left - right),
  );
  expect(plan.at(-1)?.afterJobs).toBeGreaterThan(4_800);
  expect(plan.at(-1)?.afterJobs).toBeLessThan(5_000);
  const kills = plan.flatMap(({ act }) => (act.kind === "kill" ? [act.service] : []));
  expect(kills.toSorted((left, right) => left - right)).toEqual(
    Array.from({ length: 28 }, (_, index) => Math.floor(index / 4)),
  );
  expect(plan.filter(({ act }) => act.kind === "empty-redis")).toHaveLength(1);
});

test("a seed gives one plan, another seed another", () => {
  expect(planOf(1)).toEqual(planOf(1));
  expect(planOf(1)).not.toEqual(planOf(2));
});

test("a receiver fails in every way it knows, and takes every event by its fourth attempt", () => {
  const reactions = Array.from({ length: 500 }, (_, index) =>
    chooseReaction({ seed: 1, path: "/", eventId: `evt_${index}`, attempt: 1 + (index % 4) }),
  );
  expect(new Set(reactions.map(({ kind }) => kind))).toEqual(
    new Set(["take", "refuse", "reset", "break-off", "hang"]),
  );
  expect(reactions.filter((_, index) => index % 4 === 3).every(({ kind }) => kind === "take")).toBe(true);
});
