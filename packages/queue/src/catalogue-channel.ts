import { catalogueSchema, type Catalogue, type Keyspace } from "@tokenhub/contracts";
import type { Redis } from "ioredis";
import { leaveChannel } from "./leave-channel.ts";

/** Publishes a catalogue snapshot to all workers. An older version than the stored one is still written: the gateway's SQL is the truth. */
export async function publishCatalogue(
  redis: Redis,
  keyspace: Keyspace,
  catalogue: Catalogue,
): Promise<void> {
  await redis
    .multi()
    .set(keyspace.catalogue, JSON.stringify(catalogue))
    .publish(keyspace.catalogueChannel, String(catalogue.version))
    .exec();
}

export interface CatalogueFollower extends AsyncDisposable {
  /** Null until a gateway has published. */
  current(): Catalogue | null;
}

export interface CatalogueFollowerOptions {
  readonly subscriber: Redis;
  readonly reader: Redis;
  readonly keyspace: Keyspace;
  readonly onChange: (catalogue: Catalogue) => void;
  readonly onError: (error: Error) => void;
  /** A lost announcement is noticed by reading again this often. */
  readonly pollIntervalMs?: number;
}

/** Follows the published catalogue: reads it now, on every announcement and from time to time. */
export async function followCatalogue(options: CatalogueFollowerOptions): Promise<CatalogueFollower> {
  const { subscriber, reader, keyspace, onChange, onError } = options;
  let catalogue: Catalogue | null = null;
  let knownText: string | null = null;

  async function read(): Promise<void> {
    const text = await reader.get(keyspace.catalogue);
    if (text === null || text === knownText) return;
    catalogue = catalogueSchema.parse(JSON.parse(text));
    knownText = text;
    onChange(catalogue);
  }
  const refresh = (): void =>
    void read().catch((error: unknown) => onError(error instanceof Error ? error : new Error(String(error))));
  const receive = (channel: string): void => {
    if (channel === keyspace.catalogueChannel) refresh();
  };

  subscriber.on("message", receive);
  await subscriber.subscribe(keyspace.catalogueChannel);
  await read();
  const timer = setInterval(refresh, options.pollIntervalMs ?? 5_000);

  return {
    current: () => catalogue,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      subscriber.off("message", receive);
      await leaveChannel(subscriber, keyspace.catalogueChannel);
    },
  };
}
