import { TokenHubError } from "@tokenhub/contracts";
import type { EventRepository, StoredEvent } from "@tokenhub/persistence";

export interface EventFeedOptions {
  readonly events: Pick<EventRepository, "listAfter" | "lastId">;
  readonly onError: (error: unknown) => void;
  /** How soon events of other gateways are seen. Default 1 s. */
  readonly pollIntervalMs?: number;
  /** Default 100. */
  readonly mostSubscribers?: number;
}

/** The event log as streams of this gateway follow it. */
export interface EventFeed extends Disposable {
  /** This gateway has written events: look at once. */
  readonly nudge: () => void;
  /**
   * Follows the log behind an event's id, or from now on.
   * @throws TokenHubError `overloaded` when there are too many subscribers.
   */
  subscribe(afterId: number | null): Promise<EventSubscription>;
}

export interface EventSubscription extends Disposable {
  /** The id behind which this subscription begins. */
  readonly startId: number;
  /** Events behind the id asked for that are not kept any more; null: none is missing. */
  readonly gap: { readonly fromId: number; readonly toId: number } | null;
  /** The next events, oldest first, at least one; waits for it. Null: the feed is closed. */
  next(): Promise<readonly StoredEvent[] | null>;
}

const defaultPollIntervalMs = 1_000;
const defaultMostSubscribers = 100;
const rowsPerRead = 200;
/** Events at hand for subscribers that are up to date; who is further behind reads from SQL. */
const mostAtHand = 1_000;

/**
 * Reads new events once for all subscribers, and only while there are any. Ids rise in the order of commits over all
 * gateways, so "everything behind the last id" neither misses an event nor brings one twice. Each subscriber has its own
 * place and is given one piece at a time: a slow one costs no memory and holds nobody up.
 */
export function createEventFeed(options: EventFeedOptions): EventFeed {
  const { events, onError } = options;
  const subscribers = new Set<{ wake: () => void }>();
  let atHand: StoredEvent[] = [];
  let newestId = 0;
  let isClosed = false;
  let reading: Promise<void> | null = null;
  let isAskedAgain = false;

  async function read(): Promise<void> {
    for (;;) {
      const rows = await events.listAfter(newestId, { limit: rowsPerRead });
      const last = rows.at(-1);
      if (last === undefined) return;
      atHand = [...atHand, ...rows].slice(-mostAtHand);
      newestId = last.id;
      for (const subscriber of subscribers) subscriber.wake();
      if (rows.length < rowsPerRead) return;
    }
  }

  function look(): Promise<void> {
    isAskedAgain = true;
    reading ??= (async () => {
      while (isAskedAgain) {
        isAskedAgain = false;
        await read();
      }
    })().finally(() => {
      reading = null;
    });
    return reading;
  }

  const nudge = (): void => {
    if (subscribers.size > 0 && !isClosed) void look().catch(onError);
  };
  const timer = setInterval(nudge, options.pollIntervalMs ?? defaultPollIntervalMs);

  async function pieceBehind(id: number): Promise<readonly StoredEvent[]> {
    const first = atHand[0];
    if (first === undefined || first.id > id + 1) return events.listAfter(id, { limit: rowsPerRead });
    const start = atHand.findIndex((event) => event.id > id);
    return start === -1 ? [] : atHand.slice(start, start + rowsPerRead);
  }

  function createSubscription(startId: number, gap: EventSubscription["gap"]): EventSubscription {
    let place = startId;
    let isEnded = false;
    let wake: () => void = () => undefined;
    const subscriber = { wake: () => wake() };
    subscribers.add(subscriber);
    return {
      startId,
      gap,
      async next() {
        for (;;) {
          if (isClosed || isEnded) return null;
          if (place < newestId) {
            const piece = await pieceBehind(place);
            // Nothing where something was: it was deleted since.
            place = piece.at(-1)?.id ?? newestId;
            if (piece.length > 0) return piece;
          } else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
      [Symbol.dispose]() {
        isEnded = true;
        subscribers.delete(subscriber);
        wake();
      },
    };
  }

  return {
    nudge,
    async subscribe(afterId) {
      if (subscribers.size >= (options.mostSubscribers ?? defaultMostSubscribers)) {
        throw new TokenHubError(
          "overloaded",
          "Too many clients follow the events already. Close one of them, or try again later.",
          { retryAfterMs: 5_000 },
        );
      }
      const lastId = await events.lastId();
      if (subscribers.size === 0 && reading === null) {
        atHand = [];
        newestId = lastId;
      }
      if (afterId === null) return createSubscription(lastId, null);
      // An id of the future comes from another database, e.g. before a restore.
      if (afterId > lastId) return createSubscription(lastId, { fromId: lastId + 1, toId: afterId });
      const [oldest] = await events.listAfter(0, { limit: 1 });
      const oldestId = oldest?.id ?? lastId + 1;
      return createSubscription(
        afterId,
        afterId + 1 < oldestId ? { fromId: afterId + 1, toId: oldestId - 1 } : null,
      );
    },
    [Symbol.dispose]() {
      isClosed = true;
      clearInterval(timer);
      for (const subscriber of subscribers) subscriber.wake();
    },
  };
}
