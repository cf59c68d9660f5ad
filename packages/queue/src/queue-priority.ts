import type { Envelope } from "@tokenhub/contracts";

const highestPriority = 9;
const ordinaryPriority = 5;
/** Where the priorities of a lane begin; BullMQ takes lower ones first, and jobs without one before all others. */
const laneStart = { background: 100, batch: 1_000 } as const;

/** The place of a request's jobs in their queues: whoever waits for an answer goes first. 0: no priority, which is before all. */
export function queuePriorityOf({
  lane,
  priority = ordinaryPriority,
}: Pick<Envelope, "lane" | "priority">): number {
  return lane === "interactive" ? 0 : laneStart[lane] + highestPriority - priority;
}
