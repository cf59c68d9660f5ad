import type { Exchange } from "./exchange.ts";

/** The calls that are not finished, so that a stop can wait for them or give them up. */
export class OpenExchanges {
  readonly #open = new Set<Exchange>();
  #onEmpty: (() => void) | null = null;

  add(exchange: Exchange): void {
    this.#open.add(exchange);
  }

  delete(exchange: Exchange): void {
    this.#open.delete(exchange);
    if (this.#open.size === 0) this.#onEmpty?.();
  }

  /** Settles as soon as no call is under way. */
  whenEmpty(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Gives up the calls that only the client could end. */
  abandonEndless(): void {
    for (const exchange of this.#open) if (exchange.isEndless) exchange.abandon();
  }

  abandonAll(): void {
    for (const exchange of this.#open) exchange.abandon();
  }
}
