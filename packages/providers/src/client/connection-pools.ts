import type { CatalogueProvider } from "@tokenhub/contracts";
import { errors, Pool } from "undici";

const connectTimeoutMs = 10_000;

interface ProviderPools {
  /** The object last seen, so that an unchanged catalogue costs one comparison. */
  provider: CatalogueProvider;
  readonly settings: string;
  readonly byOrigin: Map<string, Pool>;
}

/**
 * One pool of connections per provider and origin. When a provider's address or concurrency changes, its pools are
 * replaced: calls in flight finish on the old ones, which then close.
 */
export class ConnectionPools implements AsyncDisposable {
  readonly #byProvider = new Map<string, ProviderPools>();
  readonly #closing = new Set<Pool>();
  #isDisposed = false;

  /** The pool for one call. Throws an undici error or `TypeError` when the origin is no http(s) URL, or after disposal. */
  poolFor(provider: CatalogueProvider, { origin }: { origin: string }): Pool {
    if (this.#isDisposed) throw new errors.ClientClosedError();
    const { byOrigin } = this.#poolsOf(provider);
    let pool = byOrigin.get(origin);
    if (pool === undefined) {
      pool = openPool(provider, { origin });
      byOrigin.set(origin, pool);
    }
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const pools = [...this.#closing];
    for (const { byOrigin } of this.#byProvider.values()) pools.push(...byOrigin.values());
    this.#byProvider.clear();
    this.#closing.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #poolsOf(provider: CatalogueProvider): ProviderPools {
    const known = this.#byProvider.get(provider.id);
    if (known?.provider === provider) return known;
    const settings = connectionSettings(provider);
    if (known !== undefined && known.settings === settings) {
      known.provider = provider;
      return known;
    }
    if (known !== undefined) for (const pool of known.byOrigin.values()) this.#close(pool);
    const opened: ProviderPools = { provider, settings, byOrigin: new Map() };
    this.#byProvider.set(provider.id, opened);
    return opened;
  }

  #close(pool: Pool): void {
    this.#closing.add(pool);
    pool.close(() => this.#closing.delete(pool));
  }
}

function connectionSettings({ baseUrl, concurrency, options, type }: CatalogueProvider): string {
  return JSON.stringify([type, baseUrl, concurrency, options["endpoints"], options["allowH2"]]);
}

/** The pool's own header and body timeouts are off: they are coarse, and every call has its own watchdog. */
function openPool(provider: CatalogueProvider, { origin }: { origin: string }): Pool {
  return new Pool(origin, {
    connections: provider.concurrency,
    pipelining: 1,
    allowH2: provider.options["allowH2"] === "true",
    connectTimeout: connectTimeoutMs,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}
