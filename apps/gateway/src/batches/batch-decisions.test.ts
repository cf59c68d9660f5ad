import { describe, expect, test } from "vitest";
import { nextStep, outcomeOf } from "./next-step.ts";
import { shareRoom } from "./share-room.ts";

const counts = { succeeded: 0, failed: 0, cancelled: 0, expired: 0 };

describe("the room for lines that are jobs", () => {
  const batch = (id: string, members: { tenantId?: string; total?: number; succeeded?: number } = {}) => ({
    id,
    tenantId: members.tenantId ?? "a",
    state: "in_progress" as const,
    total: members.total ?? 1_000,
    counts: { ...counts, succeeded: members.succeeded ?? 0 },
  });
  const sharesOf = (batches: readonly ReturnType<typeof batch>[]) =>
    Object.fromEntries(shareRoom(batches, { ofBatch: 50, ofAll: 100 }));

  test("of one batch is bounded, also when nobody else wants any", () => {
    expect(sharesOf([batch("1")])).toEqual({ 1: 50 });
    expect(sharesOf([batch("1", { total: 1_000, succeeded: 990 })])).toEqual({ 1: 10 });
  });

  test("is shared by tenants, not by batches", () => {
    const many = Array.from({ length: 9 }, (_, at) => batch(`a${at}`));
    const shares = sharesOf([...many, batch("b", { tenantId: "b" })]);
    expect(shares["b"]).toBe(50);
    const ofMany = many.map(({ id }) => shares[id] ?? 0);
    expect(ofMany.reduce((sum, share) => sum + share, 0)).toBe(50);
    expect(Math.max(...ofMany) - Math.min(...ofMany)).toBeLessThanOrEqual(1);
  });

  test("that one does not need goes to the others", () => {
    const three = [
      batch("1"),
      batch("2", { tenantId: "b", total: 4 }),
      batch("3", { tenantId: "c" }),
      batch("4", { tenantId: "c" }),
    ];
    expect(sharesOf(three)).toEqual({ 1: 48, 2: 4, 3: 24, 4: 24 });
  });

  test("is for batches in progress only", () => {
    expect(sharesOf([])).toEqual({});
    expect(shareRoom([{ ...batch("1"), state: "validating" }]).size).toBe(0);
  });
});

describe("the next step of a batch", () => {
  const batch = { state: "in_progress", total: 10, nextLine: 1, counts, expiresAtMs: 1_000 } as const;
  const step = (members: object, { room = 5, nowMs = 0 } = {}) =>
    nextStep({ ...batch, ...members }, { room, nowMs });

  test.each([
    ["is checked first", { state: "validating" }, {}, { kind: "check" }],
    ["takes as many lines as there is room for", {}, {}, { kind: "expand", lines: 5 }],
    ["waits without room", { nextLine: 6 }, {}, { kind: "wait" }],
    [
      "takes more when some have ended",
      { nextLine: 6, counts: { ...counts, failed: 2 } },
      {},
      { kind: "expand", lines: 2 },
    ],
    [
      "takes no more than it has",
      { nextLine: 10, counts: { ...counts, succeeded: 9 } },
      {},
      { kind: "expand", lines: 1 },
    ],
    ["waits for its last lines", { nextLine: 11, counts: { ...counts, succeeded: 9 } }, {}, { kind: "wait" }],
    [
      "ends after its last line",
      { nextLine: 11, counts: { ...counts, succeeded: 10 } },
      {},
      { kind: "finish" },
    ],
    ["takes nothing after its time", { nextLine: 4 }, { nowMs: 1_000 }, { kind: "wait" }],
    [
      "ends after its time",
      { nextLine: 4, counts: { ...counts, expired: 3 } },
      { nowMs: 1_000 },
      { kind: "finish" },
    ],
    ["cancels what has not ended", { state: "cancelling", nextLine: 4 }, {}, { kind: "cancel_jobs" }],
    ["ends when everything is cancelled", { state: "cancelling", nextLine: 1 }, {}, { kind: "finish" }],
    ["goes on ending after a crash", { state: "finalizing", nextLine: 11 }, {}, { kind: "finish" }],
    ["that has ended is left alone", { state: "completed" }, {}, { kind: "wait" }],
  ])("%s", (_title, members, at, expected) => {
    expect(step(members, at)).toEqual(expected);
  });

  test("lines that never became jobs count as the batch ended", () => {
    const ended = { total: 10, nextLine: 8, counts: { ...counts, succeeded: 6, failed: 1 } };
    expect(outcomeOf({ ...ended, cancellingAtMs: null })).toEqual({
      state: "expired",
      counts: { ...ended.counts, expired: 3 },
    });
    expect(outcomeOf({ ...ended, cancellingAtMs: 5 })).toEqual({
      state: "cancelled",
      counts: { ...ended.counts, cancelled: 3 },
    });
    const whole = { total: 1, nextLine: 2, counts: { ...counts, failed: 1 }, cancellingAtMs: null };
    expect(outcomeOf(whole).state).toBe("completed");
  });
});
