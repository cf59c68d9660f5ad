import type { JsonObject } from "../json-value.ts";

/** A content block on its way out. Pieces with an equal key belong to one block until it is ended. */
export interface OutgoingBlock {
  readonly key: string;
  /** The `content_block` of its start event. */
  readonly contentBlock: JsonObject;
  /** Whether nothing more is expected, so that another block may begin. */
  isComplete(): boolean;
  /** Deltas to write right before the stop event. */
  closingDeltas(): JsonObject[];
}

/** Brings content that arrives interleaved into the strict order start, deltas, stop, one block after the other. */
export interface BlockSequencer {
  /** One delta (null: none yet) of the block with that key; `create` is called when the block is new. */
  put(piece: {
    readonly key: string;
    readonly delta: JsonObject | null;
    readonly create: () => OutgoingBlock;
  }): string;
  /** The latest block is finished: more content of its kind begins a new one. */
  endBlock(): string;
  /** Writes and stops all that is left. */
  flush(): string;
}

export interface BlockEvents {
  start(index: number, contentBlock: JsonObject): string;
  delta(index: number, delta: JsonObject): string;
  stop(index: number): string;
}

interface PendingBlock {
  readonly block: OutgoingBlock;
  readonly deltas: JsonObject[];
  isEnded: boolean;
}

/**
 * One block is open at a time. While it may still grow (tool call arguments that are no complete JSON yet), pieces of other
 * blocks wait; they follow, in the order of their first pieces, as soon as it is complete. An ordinary stream, one block
 * after the other, never waits.
 */
export function createBlockSequencer(events: BlockEvents): BlockSequencer {
  let nextIndex = 0;
  let open: OutgoingBlock | null = null;
  let waiting: PendingBlock[] = [];

  const begin = (block: OutgoingBlock): string => {
    open = block;
    const index = nextIndex;
    nextIndex += 1;
    return events.start(index, block.contentBlock);
  };
  const close = (): string => {
    if (open === null) return "";
    const index = nextIndex - 1;
    const deltas = open.closingDeltas().map((delta) => events.delta(index, delta));
    open = null;
    return deltas.join("") + events.stop(index);
  };
  const beginWaiting = (pending: PendingBlock): string => {
    const start = begin(pending.block);
    const deltas = pending.deltas.map((delta) => events.delta(nextIndex - 1, delta));
    return start + deltas.join("");
  };
  /** Lets waiting blocks follow as long as the open one is complete; all of them when forced. */
  const advance = (isForced: boolean): string => {
    let text = "";
    while (waiting.length > 0 && (open === null || isForced || open.isComplete())) {
      const [next, ...rest] = waiting;
      waiting = rest;
      if (next === undefined) break;
      text += close() + beginWaiting(next);
      if (next.isEnded) text += close();
    }
    return text;
  };
  const wait = (key: string, delta: JsonObject | null, create: () => OutgoingBlock): void => {
    let pending = waiting.find((candidate) => candidate.block.key === key && !candidate.isEnded);
    if (pending === undefined) {
      pending = { block: create(), deltas: [], isEnded: false };
      waiting.push(pending);
    }
    if (delta !== null) pending.deltas.push(delta);
  };

  return {
    put: ({ key, delta, create }) => {
      if (open?.key === key) {
        const written = delta === null ? "" : events.delta(nextIndex - 1, delta);
        return written + advance(false);
      }
      if (waiting.length === 0 && (open === null || open.isComplete())) {
        const started = close() + begin(create());
        return started + (delta === null ? "" : events.delta(nextIndex - 1, delta));
      }
      wait(key, delta, create);
      return "";
    },
    endBlock: () => {
      const last = waiting.at(-1);
      if (last === undefined) return close();
      last.isEnded = true;
      return "";
    },
    flush: () => advance(true) + close(),
  };
}
