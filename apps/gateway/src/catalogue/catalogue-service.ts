import { TokenHubError, type Catalogue, type Keyspace } from "@tokenhub/contracts";
import type { ProductConfig } from "@tokenhub/config";
import { publishCatalogue } from "@tokenhub/queue";
import { describeUnknownModel, indexCatalogue, resolveTarget, type CatalogueIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";

/** What the catalogue service needs of the database. */
export interface CatalogueStore {
  /** Replaces what came from the configuration, keeps what an admin added, and returns the result. */
  applyConfig(config: Pick<ProductConfig, "providers" | "models" | "aliases">): Promise<Catalogue>;
  /** The catalogue as it is, whoever changed it last. */
  load(): Promise<Catalogue>;
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
  /** Publishes again if Redis has no catalogue. */
  republishIfMissing(): Promise<void>;
}

export interface CatalogueServiceOptions {
  readonly store: CatalogueStore;
  readonly redis: Redis;
  readonly keyspace: Keyspace;
}

/** Keeps the catalogue: SQL is its home, Redis carries the snapshot to the workers. */
export function createCatalogueService({
  store,
  redis,
  keyspace,
}: CatalogueServiceOptions): CatalogueService {
  let catalogue: Catalogue = { v: 1, version: 0, providers: [], models: [], aliases: [] };
  let index = indexCatalogue(catalogue);
  const replace = (next: Catalogue): void => {
    catalogue = next;
    index = indexCatalogue(next);
  };
  const republish = async (): Promise<void> => {
    replace(await store.load());
    await publishCatalogue(redis, keyspace, catalogue);
  };
  return {
    current: () => catalogue,
    index: () => index,
    requireModel(name) {
      if (resolveTarget(index, name).kind !== "unknown") return;
      throw new TokenHubError("model_not_found", describeUnknownModel(index, name ?? ""), { param: "model" });
    },
    async apply(config) {
      replace(await store.applyConfig(config));
      await publishCatalogue(redis, keyspace, catalogue);
    },
    adopt(published) {
      if (published.version > catalogue.version) replace(published);
    },
    republish,
    async republishIfMissing() {
      if ((await redis.exists(keyspace.catalogue)) === 0) await republish();
    },
  };
}
