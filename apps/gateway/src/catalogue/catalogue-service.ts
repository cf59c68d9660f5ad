import { TokenHubError, type Catalogue, type Keyspace } from "@tokenhub/contracts";
import type { ProductConfig } from "@tokenhub/config";
import { publishCatalogue } from "@tokenhub/queue";
import { describeUnknownModel, indexCatalogue, resolveTarget, type CatalogueIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";

/** What the catalogue service needs of the database. */
export interface CatalogueStore {
  /** Replaces what came from the configuration and keeps what an admin added. */
  applyConfig(config: Pick<ProductConfig, "providers" | "models" | "aliases">): Promise<void>;
  /** The catalogue as it is, whoever changed it last. */
  load(): Promise<Catalogue>;
  /** The version that `load` would give. */
  version(): Promise<number>;
}

export interface CatalogueService {
  readonly current: () => Catalogue;
  /** The current catalogue, ready for lookups. */
  readonly index: () => CatalogueIndex;
  /** @throws TokenHubError `model_not_found` with close matches. Null stands for "the server picks". */
  readonly requireModel: (name: string | null) => void;
  /** Stores the configuration's catalogue and publishes it to the workers. */
  apply(config: Pick<ProductConfig, "providers" | "models" | "aliases">): Promise<void>;
  /** Takes over what another gateway published. */
  readonly adopt: (published: Catalogue) => void;
  /** Publishes again what the database holds, to a Redis that may have lost its data. */
  republish(): Promise<void>;
  /**
   * Takes over and publishes a change that is in the database. It never rejects: the change is made, and what could not be
   * published now is published by `repair`.
   */
  announce(): Promise<void>;
  /** The address that the environment gives a provider; null: none. */
  readonly environmentAddressOf: (providerId: string) => string | null;
  /** Publishes again if Redis has no catalogue, or an older one than the database. */
  repair(): Promise<void>;
}

export interface CatalogueServiceOptions extends Pick<CatalogueService, "environmentAddressOf"> {
  readonly store: CatalogueStore;
  readonly redis: Redis;
  readonly keyspace: Keyspace;
  readonly onError: (error: unknown) => void;
}

/** Keeps the catalogue: SQL is its home, Redis carries the snapshot to the workers. */
export function createCatalogueService({
  store,
  redis,
  keyspace,
  environmentAddressOf,
  onError,
}: CatalogueServiceOptions): CatalogueService {
  let catalogue: Catalogue = { v: 1, version: 0, providers: [], models: [], aliases: [] };
  let index = indexCatalogue(catalogue);
  let isPublished = false;
  const replace = (next: Catalogue): void => {
    catalogue = next;
    index = indexCatalogue(next);
  };
  const publish = async (next: Catalogue): Promise<void> => {
    isPublished = false;
    replace(next);
    await publishCatalogue(redis, keyspace, next);
    isPublished = true;
  };
  const inTurn = createPublishingLine();
  const republish = (): Promise<void> => inTurn(async () => publish(await store.load()));
  return {
    current: () => catalogue,
    index: () => index,
    requireModel(name) {
      if (resolveTarget(index, name).kind !== "unknown") return;
      throw new TokenHubError("model_not_found", describeUnknownModel(index, name ?? ""), { param: "model" });
    },
    async apply(config) {
      await store.applyConfig(config);
      await republish();
    },
    adopt(published) {
      if (published.version > catalogue.version) replace(published);
    },
    republish,
    environmentAddressOf,
    async announce() {
      isPublished = false;
      await republish().catch(onError);
    },
    async repair() {
      const isCurrent =
        isPublished &&
        (await redis.exists(keyspace.catalogue)) > 0 &&
        (await store.version()) <= catalogue.version;
      if (!isCurrent) await republish();
    },
  };
}

/**
 * Publishes one catalogue after the other, so that an older one never follows a newer one; whoever asks while another waits
 * for its turn gets that one's outcome, because it reads the database when its turn comes.
 */
function createPublishingLine(): (publish: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<void> | null = null;
  return (publish) => {
    if (waiting !== null) return waiting;
    const turn = last.then(() => {
      waiting = null;
      return publish();
    });
    waiting = turn;
    last = turn.catch(() => undefined);
    return turn;
  };
}
