import type { Catalogue, CatalogueProvider } from "@tokenhub/contracts";
import type { JobConsumer } from "@tokenhub/queue";

export interface ProviderQueues extends AsyncDisposable {
  /** Opens and closes queues so that they match the catalogue; those that stay take over its concurrency. */
  apply(catalogue: Catalogue): void;
  readonly open: ReadonlyMap<string, JobConsumer>;
  stop(graceMs: number): Promise<void>;
}

export interface ProviderQueuesOptions {
  readonly openConsumer: (provider: CatalogueProvider) => JobConsumer;
  /** Resolves when no job is left in the provider's queue. */
  readonly drained: (providerId: string) => Promise<boolean>;
  /** Null: every provider; else only these. */
  readonly onlyProviders: ReadonlySet<string> | null;
  readonly onError: (error: Error) => void;
  readonly drainCheckMs?: number;
}

/**
 * One consumer per provider, appearing and disappearing with the catalogue. The queue of a provider that is gone stays
 * open until it is empty: its jobs find no provider and go back to the router instead of waiting for ever.
 */
export function createProviderQueues(options: ProviderQueuesOptions): ProviderQueues {
  const { openConsumer, drained, onlyProviders, onError } = options;
  const open = new Map<string, JobConsumer>();
  const leaving = new Map<string, NodeJS.Timeout>();
  let isStopping = false;

  const serves = (providerId: string): boolean => onlyProviders === null || onlyProviders.has(providerId);

  async function closeWhenDrained(providerId: string): Promise<void> {
    if (!(await drained(providerId)) || !leaving.has(providerId)) return;
    clearInterval(leaving.get(providerId));
    leaving.delete(providerId);
    const consumer = open.get(providerId);
    open.delete(providerId);
    await consumer?.stop(0);
  }

  function stay(providerId: string): void {
    clearInterval(leaving.get(providerId));
    leaving.delete(providerId);
  }

  function leave(providerId: string): void {
    if (leaving.has(providerId)) return;
    leaving.set(
      providerId,
      setInterval(() => void closeWhenDrained(providerId).catch(onError), options.drainCheckMs ?? 1_000),
    );
  }

  return {
    open,
    apply(catalogue) {
      if (isStopping) return;
      const wanted = new Map(
        catalogue.providers
          .filter((provider) => provider.enabled && serves(provider.id))
          .map((provider) => [provider.id, provider]),
      );
      for (const [id, provider] of wanted) {
        stay(id);
        const consumer = open.get(id);
        if (consumer === undefined) open.set(id, openConsumer(provider));
        else consumer.setConcurrency(provider.concurrency);
      }
      for (const id of open.keys()) if (!wanted.has(id)) leave(id);
    },
    async stop(graceMs) {
      isStopping = true;
      for (const id of leaving.keys()) stay(id);
      await Promise.all([...open.values()].map((consumer) => consumer.stop(graceMs)));
    },
    async [Symbol.asyncDispose]() {
      await this.stop(0);
    },
  };
}
