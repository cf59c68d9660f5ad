import { createEventRepository } from "@tokenhub/persistence";
import { expect, test } from "vitest";
import { openTestDatabase } from "./database.fixture.ts";
import { noteOverdueKey } from "./rotation-notice.ts";

test("a key that was not rotated in time is told once for each time that was missed, whoever notices it", async () => {
  const { db } = await openTestDatabase();
  const key = {
    id: "key_1",
    name: "search team",
    tenantId: "t",
    rotationDueAtMs: Date.parse("2026-01-01T00:00:00Z"),
  };
  const nowMs = Date.parse("2026-01-02T00:00:00Z");
  await noteOverdueKey(db, { key, nowMs });
  await noteOverdueKey(db, { key, nowMs });
  await noteOverdueKey(db, { key: { ...key, rotationDueAtMs: nowMs }, nowMs });
  const events = await createEventRepository(db).listAfter(0, { limit: 10 });
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    [
      "key_rotation_expired",
      {
        type: "key_rotation_expired",
        timestamp: "2026-01-02T00:00:00.000Z",
        api_key_id: "key_1",
        api_key_name: "search team",
        tenant_id: "t",
        reason: "rotation was due at 2026-01-01T00:00:00.000Z",
      },
    ],
    ["key_rotation_expired", expect.anything()],
  ]);
});
