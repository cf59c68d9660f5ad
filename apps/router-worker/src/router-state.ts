import type { Catalogue, Keyspace, ProviderHealth } from "@tokenhub/contracts";
import { readProviderHealth } from "@tokenhub/ledger";
import { followCatalogue, leaveChannel } from "@tokenhub/queue";
import { indexCatalogue, type CatalogueIndex } from "@tokenhub/routing";
import type { Redis } from "ioredis";
import { isDeepStrictEqual } from "node:util";

/** What the router decides from, kept fresh in memory so that a decision needs no Redis call of its own. */
export interface RouterState extends AsyncDisposable {
  catalogueIndex(): CatalogueIndex | null;
  /** The same object as long as nothing has changed. */
  health(): ReadonlyMap<string, ProviderHealth>;
}

export interface RouterStateOptions {
  readonly subscriber: Redis;
  readonly reader: Redis;
  readonly keyspace: Keyspace;
  readonly onError: (error: Error) => void;
  readonly healthIntervalMs?: number;
}

/** Follows the catalogue and, at once on every change of state and each second for latencies, the providers' health. */
export async function createRouterState(options: RouterStateOptions): Promise<RouterState> {
  const { subscriber, reader, keyspace, onError } = options;
  let index: CatalogueIndex | null = null;
  let health: ReadonlyMap<string, ProviderHealth> = new Map();

  let providerIds: string[] = [];
  const refreshHealth = async (): Promise<void> => {
    const read = await readProviderHealth(reader, keyspace, providerIds);
    if (!isDeepStrictEqual(read, health)) health = read;
  };
  const refresh = (): void => void refreshHealth().catch(onError);
  const follower = await followCatalogue({
    subscriber,
    reader,
    keyspace,
    onError,
    onChange: (catalogue: Catalogue) => {
      index = indexCatalogue(catalogue);
      providerIds = catalogue.providers.map((provider) => provider.id);
      refresh();
    },
  });
  const receive = (channel: string): void => {
    if (channel === keyspace.healthChannel) refresh();
  };
  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.healthChannel);
  const timer = setInterval(refresh, options.healthIntervalMs ?? 1_000);

  return {
    catalogueIndex: () => index,
    health: () => health,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      subscriber.off("message", receive);
      await leaveChannel(subscriber, keyspace.healthChannel);
      await follower[Symbol.asyncDispose]();
    },
  };
}
