import {
  createEventRepository,
  createSettingsRepository,
  transaction,
  type Database,
} from "@tokenhub/persistence";
import { z } from "zod";
import { newEvent } from "./new-event.ts";

/** A key whose time without rotation is over. */
export interface OverdueKey {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  readonly rotationDueAtMs: number;
}

/** Writes `key_rotation_expired` once for each key and due time, whichever gateways notice it, and after restarts. */
export async function noteOverdueKey(
  db: Database["db"],
  { key, nowMs }: { readonly key: OverdueKey; readonly nowMs: number },
): Promise<void> {
  const settingName = `insight.rotation_told.${key.id}`;
  await transaction(db, async (begun) => {
    const settings = createSettingsRepository(begun);
    if ((await settings.get(settingName, z.number())) === key.rotationDueAtMs) return;
    await settings.set(settingName, key.rotationDueAtMs, { nowMs });
    await createEventRepository(begun).append([
      newEvent("key_rotation_expired", nowMs, {
        api_key_id: key.id,
        api_key_name: key.name,
        tenant_id: key.tenantId,
        reason: `rotation was due at ${new Date(key.rotationDueAtMs).toISOString()}`,
      }),
    ]);
  });
}
