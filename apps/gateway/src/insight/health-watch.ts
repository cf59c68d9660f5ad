import type { Catalogue, Keyspace, ProviderHealth } from "@tokenhub/contracts";
import {
  createEventRepository,
  createSettingsRepository,
  transaction,
  type Database,
  type NewEvent,
} from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import { z } from "zod";
import { newEvent } from "./new-event.ts";

export interface HealthWatchOptions {
  readonly db: Database["db"];
  /** Shared with other channels. */
  readonly subscriber: Redis;
  readonly keyspace: Pick<Keyspace, "healthChannel">;
  readonly readHealth: () => Promise<ReadonlyMap<string, ProviderHealth>>;
  readonly catalogue: () => Pick<Catalogue, "providers" | "version">;
  readonly isLeader: () => boolean;
  readonly onEvents: () => void;
  readonly onError: (error: unknown) => void;
  readonly now: () => number;
  /** Changes whose announcement was lost are seen this often. Default 1 s. */
  readonly intervalMs?: number;
}

export interface HealthWatch extends AsyncDisposable {
  /** Compares now. */
  readonly check: () => Promise<void>;
}

const stateSchema = z.object({ status: z.string(), breaker: z.string() });
type State = z.infer<typeof stateSchema>;
const statesSchema = z.object({ v: z.literal(1), providers: z.record(z.string(), stateSchema) });
const settingName = "insight.provider_states";
const atFirst: State = { status: "healthy", breaker: "closed" };

/**
 * Writes a `health_change` event whenever a provider's health, or its circuit breaker, is another than the last one told:
 * at once when the workers announce a change. What was told is stored with the events, so that a new leader or a restart
 * repeats nothing and misses no difference.
 */
export async function startHealthWatch(options: HealthWatchOptions): Promise<HealthWatch> {
  const { subscriber, keyspace, isLeader, onError } = options;
  let known: ReadonlyMap<string, State> | null = null;
  let running: Promise<void> | null = null;
  let isAskedAgain = false;

  async function compare(): Promise<void> {
    if (!isLeader()) {
      known = null;
      return;
    }
    known ??= await readStates(options.db);
    const present = await presentStates(options);
    const events = changesBetween(known, present, options.now());
    if (events.length === 0 && known.size === present.size) return;
    await transaction(options.db, async (begun) => {
      const providers = Object.fromEntries(present);
      await createSettingsRepository(begun).set(settingName, { v: 1, providers }, { nowMs: options.now() });
      await createEventRepository(begun).append(events);
    });
    known = present;
    if (events.length > 0) options.onEvents();
  }

  /** One at a time; a change that is announced meanwhile is looked at afterwards. */
  function check(): Promise<void> {
    isAskedAgain = true;
    running ??= (async () => {
      while (isAskedAgain) {
        isAskedAgain = false;
        await compare();
      }
    })().finally(() => {
      running = null;
    });
    return running;
  }

  const look = (): void => void check().catch(onError);
  const receive = (channel: string): void => {
    if (channel === keyspace.healthChannel) look();
  };
  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.healthChannel);
  const timer = setInterval(look, options.intervalMs ?? 1_000);
  return {
    check,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      subscriber.off("message", receive);
      await running?.catch(() => undefined);
    },
  };
}

async function readStates(db: Database["db"]): Promise<ReadonlyMap<string, State>> {
  const stored = await createSettingsRepository(db).get(settingName, statesSchema);
  return new Map(Object.entries(stored?.providers ?? {}));
}

async function presentStates({
  readHealth,
  catalogue,
}: HealthWatchOptions): Promise<ReadonlyMap<string, State>> {
  const health = await readHealth();
  return new Map(
    catalogue().providers.map(({ id }) => {
      const { status, breaker } = health.get(id) ?? atFirst;
      return [id, { status, breaker }];
    }),
  );
}

/** Providers that are new and well go without saying; one that was removed is told. */
function changesBetween(
  before: ReadonlyMap<string, State>,
  after: ReadonlyMap<string, State>,
  nowMs: number,
): NewEvent[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((providerId) => {
    const old = before.get(providerId) ?? atFirst;
    const present = after.get(providerId) ?? { ...old, status: "removed" };
    if (old.status === present.status && old.breaker === present.breaker) return [];
    const isBreaker = old.breaker !== present.breaker;
    return [
      newEvent("health_change", nowMs, {
        provider_id: providerId,
        old_state: old.status,
        new_state: present.status,
        ...(isBreaker ? { old_breaker: old.breaker, new_breaker: present.breaker } : {}),
        reason:
          present.status === "removed"
            ? "provider removed"
            : isBreaker
              ? `breaker ${present.breaker}`
              : "calls",
      }),
    ];
  });
}
