import { expect, test } from "vitest";
import { describeDatabases } from "../testing/describe-databases.ts";
import { transaction } from "../transaction.ts";
import { createEventRepository, type NewEvent } from "./event-repository.ts";

const event = (number: number, type = "route_success"): NewEvent => ({
  timestampMs: 1_000 + number,
  type,
  data: { number },
});

describeDatabases(({ openMigrated, openAgain }) => {
  test("S2-40: a reader that has seen an event gets all that came after it, in order, also in pieces", async () => {
    const events = createEventRepository((await openMigrated()).db);
    expect(await events.lastId()).toBe(0);
    const appended = await events.append([event(1), event(2), event(3, "heartbeat")]);
    expect(appended.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(await events.append([])).toEqual([]);
    await events.append([event(4)]);
    expect(await events.lastId()).toBe(4);
    expect(await events.listAfter(1, { limit: 2 })).toEqual([
      { id: 2, ...event(2) },
      { id: 3, ...event(3, "heartbeat") },
    ]);
    expect(await events.listAfter(4, { limit: 2 })).toEqual([]);
    expect(await events.listAfter(0, { limit: 9, types: ["heartbeat"] })).toMatchObject([{ id: 3 }]);
  });

  test("S1d-39: while gateways append, a reader that follows the newest id misses none", async () => {
    const database = await openMigrated();
    const events = createEventRepository(database.db);
    const other = createEventRepository(((await openAgain(database)) ?? database).db);
    const seen: number[] = [];
    const writing = Promise.all(
      Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? events : other).append([event(index)])),
    );
    let isWriting = true;
    void writing.finally(() => (isWriting = false));
    for (;;) {
      const isLast = !isWriting;
      const fresh = await events.listAfter(seen.at(-1) ?? 0, { limit: 5 });
      seen.push(...fresh.map(({ id }) => id));
      if (isLast && fresh.length === 0) break;
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  test("events of a change that was taken back never existed", async () => {
    const { db } = await openMigrated();
    const failing = transaction(db, async (begun) => {
      await createEventRepository(begun).append([event(1)]);
      throw new Error("refused");
    });
    await expect(failing).rejects.toThrow("refused");
    expect(await createEventRepository(db).append([event(2)])).toMatchObject([{ id: 1 }]);
  });
});
