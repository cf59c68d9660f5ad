import type { RoutingConfig as ConfiguredRouting } from "@tokenhub/config";
import type { Keyspace } from "@tokenhub/contracts";
import {
  createRoutingConfigRepository,
  transaction,
  type Database,
  type SavedRoutingConfig,
  type StoredRoutingConfig,
} from "@tokenhub/persistence";
import type { Redis } from "ioredis";
import { resolveRoutingSettings, type ResolvedRoutingSettings } from "./resolve-routing-settings.ts";
import type { RoutingSettingName, RoutingSettings } from "./routing-setting.ts";

export interface RoutingSettingsState extends ResolvedRoutingSettings {
  /** Of what was saved; 0: nothing yet. */
  readonly version: number;
}

/** The routing settings in force, the same at every gateway a moment after one has saved them. */
export interface RoutingSettingsService extends AsyncDisposable {
  readonly current: () => RoutingSettingsState;
  /** Takes over another configuration file. */
  readonly configure: (configured: ConfiguredRouting) => void;
  /**
   * Saves settings with what `alongside` writes, in one transaction, and tells the other gateways.
   * @param write.expectedVersion null: whatever is saved now; 0: nothing may be saved yet.
   */
  save(
    settings: RoutingSettings,
    write: {
      readonly expectedVersion: number | null;
      readonly alongside: (transaction: Database["db"]) => Promise<void>;
    },
  ): Promise<SavedRoutingConfig>;
  /** Reads again what is saved. */
  refresh(): Promise<void>;
}

export interface RoutingSettingsOptions {
  readonly db: Database["db"];
  readonly configured: ConfiguredRouting;
  readonly fromEnvironment: ReadonlySet<RoutingSettingName>;
  readonly redis: Redis;
  readonly subscriber: Redis;
  readonly keyspace: Pick<Keyspace, "catalogueChannel">;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
  /** A lost announcement is noticed by reading again this often. */
  readonly pollIntervalMs?: number;
}

const defaultPollIntervalMs = 5_000;

/**
 * Reads the settings and follows their changes. They are announced on the catalogue's channel: whoever listens there
 * compares what it has with what is stored, so an announcement more costs a reading and nothing else.
 */
export async function openRoutingSettings(options: RoutingSettingsOptions): Promise<RoutingSettingsService> {
  const { db, fromEnvironment, redis, subscriber, keyspace, now, onError } = options;
  const { catalogueChannel } = keyspace;
  let configured = options.configured;
  let stored: StoredRoutingConfig | null = null;
  let state = resolve();

  function resolve(): RoutingSettingsState {
    const saved = stored === null ? null : settingsOf(stored);
    return {
      ...resolveRoutingSettings({ configured, fromEnvironment, saved }),
      version: stored?.version ?? 0,
    };
  }
  function adopt(next: StoredRoutingConfig | null): void {
    if ((next?.version ?? 0) < (stored?.version ?? 0)) return;
    stored = next;
    state = resolve();
  }
  const refresh = async (): Promise<void> => adopt(await createRoutingConfigRepository(db).get());
  const refreshSoon = (): void => void refresh().catch(onError);
  const receive = (channel: string): void => {
    if (channel === catalogueChannel) refreshSoon();
  };

  await refresh();
  subscriber.on("message", receive);
  const timer = setInterval(refreshSoon, options.pollIntervalMs ?? defaultPollIntervalMs);

  return {
    current: () => state,
    configure(next) {
      configured = next;
      state = resolve();
    },
    async save(settings, { expectedVersion, alongside }) {
      const saved = await transaction(db, async (begun) => {
        const outcome = await createRoutingConfigRepository(begun).save(configOf(settings), {
          nowMs: now(),
          expectedVersion,
        });
        if (outcome.kind === "saved") await alongside(begun);
        return outcome;
      });
      if (saved.kind === "saved") {
        adopt(saved.stored);
        // Saved it is; the others read it again in a few seconds if they do not hear of it now.
        await redis.publish(catalogueChannel, "routing-settings").catch(onError);
      }
      return saved;
    },
    refresh,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      subscriber.off("message", receive);
    },
  };
}

const nano = 1_000_000_000;

function settingsOf({ entry }: StoredRoutingConfig): RoutingSettings {
  return {
    strategy: entry.strategy,
    mode: entry.defaultMode,
    maxBudgetUsd: entry.defaultMaxBudgetNanoUsd === null ? null : entry.defaultMaxBudgetNanoUsd / nano,
    maxLatencyMs: entry.defaultMaxLatencyMs,
    allowExploration: entry.allowExploration,
    explorationShare: entry.explorationShare,
    explorationTemperature: entry.explorationTemperature,
  };
}

function configOf(settings: RoutingSettings): StoredRoutingConfig["entry"] {
  return {
    strategy: settings.strategy,
    defaultMode: settings.mode,
    defaultMaxBudgetNanoUsd: settings.maxBudgetUsd === null ? null : Math.round(settings.maxBudgetUsd * nano),
    defaultMaxLatencyMs: settings.maxLatencyMs,
    allowExploration: settings.allowExploration,
    explorationShare: settings.explorationShare,
    explorationTemperature: settings.explorationTemperature,
  };
}
