import { describe, expect, it } from "vitest";
import { queuePriorityOf } from "./queue-priority.ts";

describe("the place of a job in its queue", () => {
  it("is before all others for a request whose caller waits", () => {
    expect(queuePriorityOf({ lane: "interactive", priority: 0 })).toBe(0);
  });

  it("is by lane first, then by priority", () => {
    const order = [
      queuePriorityOf({ lane: "background", priority: 9 }),
      queuePriorityOf({ lane: "background" }),
      queuePriorityOf({ lane: "background", priority: 0 }),
      queuePriorityOf({ lane: "batch", priority: 9 }),
      queuePriorityOf({ lane: "batch" }),
    ];
    expect(order).toEqual(order.toSorted((left, right) => left - right));
    expect(new Set(order).size).toBe(order.length);
    expect(order[0]).toBeGreaterThan(0);
  });
});
