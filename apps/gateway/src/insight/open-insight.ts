import type { ProductConfig } from "@tokenhub/config";
import type { Catalogue, Keyspace, RoutingPolicy } from "@tokenhub/contracts";
import { readProviderHealth } from "@tokenhub/ledger";
import {
  createBanditArmRepository,
  createEventRepository,
  type Database,
  type RetentionReport,
} from "@tokenhub/persistence";
import type { CatalogueIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";
import { createArmLearning, type ArmLearning } from "../bandit/arm-learning.ts";
import { createArmPublisher, type ArmPublisher } from "../bandit/arm-publisher.ts";
import { createPropensities } from "../bandit/propensity.ts";
import { createFactStore, type FactStoreOptions } from "../recorder/fact-store.ts";
import type { FactStore } from "../recorder/recorder.ts";
import { createEventFeed, type EventFeed } from "./event-feed.ts";
import { eventsOfFact } from "./events-of-fact.ts";
import { startHealthWatch } from "./health-watch.ts";
import { createKeyNames, type KeyNames } from "./key-names.ts";
import { seekLeadership } from "./leadership.ts";
import { newEvent, type EventType } from "./new-event.ts";
import { noteOverdueKey, type OverdueKey } from "./rotation-notice.ts";
import { createStatsReader, type StatsReader } from "./stats-cache.ts";
import { startUpkeep, type Upkeep } from "./upkeep.ts";

/** What the gateway learns, remembers and tells of requests. */
export interface Insight extends AsyncDisposable {
  /** Where the recorder writes. */
  readonly facts: FactStore;
  readonly feed: EventFeed;
  readonly arms: ArmPublisher;
  readonly learning: ArmLearning;
  readonly keyNames: KeyNames;
  readonly stats: StatsReader;
  readonly upkeep: Upkeep;
  /** Appends an event and shows it to those who follow; a failure is reported, not thrown. */
  readonly tell: (
    type: EventType,
    fields: Readonly<Record<string, string | number | boolean | null>>,
  ) => void;
  readonly tellOverdueKey: (key: OverdueKey) => void;
}

export interface InsightOptions {
  readonly db: Database["db"];
  readonly redis: Redis;
  /** Shared with other channels. */
  readonly subscriber: Redis;
  readonly keyspace: Keyspace;
  readonly gatewayId: string;
  readonly catalogue: { readonly current: () => Catalogue; readonly index: () => CatalogueIndex };
  readonly retention: () => ProductConfig["retention"];
  /** Bytes of all kept answers of jobs. */
  readonly keptAnswerBytes: number;
  readonly routing: () => Pick<RoutingPolicy, "explorationShare" | "explorationTemperature">;
  /** What is told to webhooks of facts; absent: nothing. */
  readonly webhooks?: FactStoreOptions["webhooks"];
  readonly now: () => number;
  readonly random: () => number;
  readonly onCleaned: (report: RetentionReport) => void;
  readonly onError: (error: unknown) => void;
  /** Of what rewards have taught. Default: a day. */
  readonly halfLifeMs?: number;
}

/** Opens everything and publishes the arms; a Redis that is away at this moment is tried again later. */
export async function openInsight(options: InsightOptions): Promise<Insight> {
  const { db, redis, subscriber, keyspace, gatewayId, catalogue, now, onError } = options;
  await using stack = new AsyncDisposableStack();
  const events = createEventRepository(db);
  const feed = stack.use(createEventFeed({ events, onError }));
  const keyNames = createKeyNames(db);
  const learning = createArmLearning(
    options.halfLifeMs === undefined ? {} : { halfLifeMs: options.halfLifeMs },
  );
  const arms = stack.use(
    createArmPublisher({
      redis,
      keyspace,
      loadArms: createBanditArmRepository(db).list,
      halfLifeMs: learning.halfLifeMs,
      now,
      onError,
    }),
  );
  await arms.publish().catch(onError);
  const republish = (): void => void arms.publish().catch(onError);
  redis.on("ready", republish);
  stack.defer(() => void redis.off("ready", republish));

  const leadership = stack.use(
    await seekLeadership({ redis, key: `${keyspace.facts}:leader`, gatewayId, onError }),
  );
  const { isLeader } = leadership;
  stack.use(
    await startHealthWatch({
      db,
      subscriber,
      keyspace,
      readHealth: () => readProviderHealth(redis, keyspace, idsOf(catalogue.current())),
      catalogue: catalogue.current,
      isLeader,
      onEvents: feed.nudge,
      onError,
      now,
    }),
  );
  const { retention, keptAnswerBytes, onCleaned } = options;
  const upkeep = stack.use(
    startUpkeep({ db, retention, keptAnswerBytes, isLeader, now, onCleaned, onError }),
  );
  const facts = createFactStore({
    db,
    learning,
    propensityOf: createPropensities({
      arms: arms.arms,
      catalogue: catalogue.index,
      explorationShare: () => options.routing().explorationShare,
      explorationTemperature: () => options.routing().explorationTemperature,
      random: options.random,
    }),
    keyNames,
    eventsOf: eventsOfFact,
    webhooks: options.webhooks,
    onCommitted({ hasRewards, hasEvents }) {
      if (hasRewards) arms.noteChange();
      if (hasEvents) feed.nudge();
    },
    now,
  });

  const resources = stack.move();
  return {
    facts,
    feed,
    arms,
    learning,
    keyNames,
    stats: createStatsReader({ db, now }),
    upkeep,
    tell: (type, fields) => void events.append([newEvent(type, now(), fields)]).then(feed.nudge, onError),
    tellOverdueKey: (key) => void noteOverdueKey(db, { key, nowMs: now() }).then(feed.nudge, onError),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function idsOf({ providers }: Catalogue): string[] {
  return providers.map(({ id }) => id);
}
