/** Something that is done to the installation. */
export type TroubleAct =
  | { readonly kind: "kill"; readonly service: number }
  /** Longer than leases and locks. */
  | { readonly kind: "pause"; readonly service: number }
  | { readonly kind: "restart-redis" }
  /** Redis dies and comes back with nothing. */
  | { readonly kind: "empty-redis" };

export interface PlannedTrouble {
  /** It happens when so many jobs were submitted. */
  readonly afterJobs: number;
  readonly act: TroubleAct;
}

/**
 * Spreads trouble evenly over the submission of jobs: `kills` of services, every service once before any twice; pauses and
 * restarts of Redis between them; and once, in the middle, the loss of everything in Redis.
 * @param random uniform in [0, 1).
 */
export function planTrouble({
  jobs,
  services,
  kills,
  pauses,
  redisRestarts,
  random,
}: {
  readonly jobs: number;
  readonly services: number;
  readonly kills: number;
  readonly pauses: number;
  readonly redisRestarts: number;
  readonly random: () => number;
}): PlannedTrouble[] {
  const victims: number[] = [];
  while (victims.length < kills + pauses)
    victims.push(
      ...shuffled(
        Array.from({ length: services }, (_, index) => index),
        random,
      ),
    );
  const acts: TroubleAct[] = shuffled(
    [
      ...victims.slice(0, kills).map((service) => ({ kind: "kill", service }) as const),
      ...victims.slice(kills, kills + pauses).map((service) => ({ kind: "pause", service }) as const),
      ...Array.from({ length: redisRestarts }, () => ({ kind: "restart-redis" }) as const),
    ],
    random,
  );
  acts.splice(Math.floor(acts.length / 2), 0, { kind: "empty-redis" });
  return acts.map((act, index) => ({
    act,
    afterJobs: Math.floor(((index + 0.3 + 0.5 * random()) * jobs) / acts.length),
  }));
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, place: random() }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ item }) => item);
}
