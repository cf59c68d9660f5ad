import type { NewEvent } from "@tokenhub/persistence";

/** What the event stream tells of. `heartbeat` and `gap` are made by the stream itself and not kept. */
export const eventTypes = [
  "route_success",
  "route_error",
  "escalation",
  "stream_started",
  "health_change",
  "key_rotation_expired",
  "vault_locked",
  "vault_unlocked",
  "vault_rotated",
  "vault_entry_changed",
] as const;
export type EventType = (typeof eventTypes)[number];

/** An event as clients see it: snake case, and nothing that does not apply. */
export function newEvent(
  type: EventType,
  timestampMs: number,
  fields: Readonly<Record<string, string | number | boolean | null | undefined>>,
): NewEvent {
  const stated = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return {
    timestampMs,
    type,
    data: { type, timestamp: new Date(timestampMs).toISOString(), ...Object.fromEntries(stated) },
  };
}
