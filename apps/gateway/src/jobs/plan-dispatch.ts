/** How much may be under way at once. */
export interface DispatchLimits {
  /** Jobs of all groups, over all gateways. */
  readonly running: number;
  /** Jobs of one group. */
  readonly runningPerGroup: number;
}

export interface DispatchState {
  /** Groups that have jobs waiting. */
  readonly queuedGroups: readonly string[];
  /** Jobs that run, by group. */
  readonly running: ReadonlyMap<string, number>;
}

/** How many jobs of a group may begin now. */
export interface DispatchShare {
  readonly group: string;
  readonly limit: number;
}

/**
 * Shares the free places among the groups that have jobs waiting. Requests whose callers wait come first; then tenants take
 * turns, whatever the number of their jobs and models, and a group never has more places than its own limit, so that a slow
 * model holds up nobody else's.
 */
export function planDispatch(
  { queuedGroups, running }: DispatchState,
  limits: DispatchLimits,
): readonly DispatchShare[] {
  let free = limits.running;
  for (const count of running.values()) free -= count;
  const shares = new Map<string, number>();
  const lanes = Map.groupBy(queuedGroups, (group) => laneRankOf(group));
  for (const rank of [...lanes.keys()].toSorted((left, right) => left - right)) {
    const tenants = [...Map.groupBy(lanes.get(rank) ?? [], tenantOf).values()];
    free = shareAmong(tenants, { free, shares, running, limits });
  }
  return [...shares].map(([group, limit]) => ({ group, limit }));
}

/** One place for each tenant in turn, within a tenant one for each of its groups in turn. Gives what is left. */
function shareAmong(
  tenants: readonly (readonly string[])[],
  {
    free,
    shares,
    running,
    limits,
  }: {
    readonly free: number;
    readonly shares: Map<string, number>;
    readonly running: ReadonlyMap<string, number>;
    readonly limits: DispatchLimits;
  },
): number {
  const roomOf = (group: string): number =>
    limits.runningPerGroup - (running.get(group) ?? 0) - (shares.get(group) ?? 0);
  let left = free;
  let open = tenants.map((groups) => [...groups]);
  while (left > 0 && open.length > 0) {
    for (const groups of open) {
      while (groups.length > 0 && roomOf(groups[0] ?? "") <= 0) groups.shift();
      const [group] = groups.splice(0, 1);
      if (group === undefined || left <= 0) continue;
      shares.set(group, (shares.get(group) ?? 0) + 1);
      left -= 1;
      groups.push(group);
    }
    open = open.filter((groups) => groups.length > 0);
  }
  return left;
}

const laneRanks: Readonly<Record<string, number>> = { interactive: 0, background: 1, batch: 2 };

function laneRankOf(group: string): number {
  return laneRanks[laneOf(group)] ?? laneRanks["batch"] ?? 0;
}

export function laneOf(group: string): string {
  return partsOf(group)[1] ?? "";
}

function tenantOf(group: string): string {
  return partsOf(group)[0] ?? "";
}

/** Tenant, lane and model: as `dispatchGroupOf` of the persistence names groups. */
function partsOf(group: string): readonly string[] {
  return group.split("|", 2);
}
