import type { RunNews } from "./follow-channels.ts";

/** Text of frames kept for a follower that is busy writing; beyond it the log is read again, which keeps them all. */
const maxHeldChars = 262_144;

/** What a follower has heard and not looked at yet. */
export interface NewsBox extends RunNews {
  /** Whether run events may be waiting; asking takes the mark away. */
  takeEventsMark(): boolean;
  /** Frames of a call in the order of their arrival; taken away. Null: read the log, something was missed. */
  takeFrames(requestId: string): readonly HeardFrame[] | null;
  /** From now on everything counts as missed, until it is taken. */
  markAll(requestIds: Iterable<string>): void;
  /** Forgets what was heard of a call that is over. */
  forget(requestId: string): void;
  /** Of calls that are not open; when one begins, its log is read from the start. */
  forgetAllBut(open: ReadonlyMap<string, unknown>): void;
  /** Resolves at once when something waits, else with the next news, after `timeoutMs` or when `signal` aborts. */
  wait(options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<"news" | "quiet">;
}

interface HeardFrame {
  readonly sequence: number;
  readonly text: string;
}

export function createNewsBox(): NewsBox {
  let hasEvents = true;
  let heldChars = 0;
  const heard = new Map<string, HeardFrame[] | null>();
  let wake: (() => void) | null = null;

  function drop(requestId: string): void {
    for (const { text } of heard.get(requestId) ?? []) heldChars -= text.length;
    heard.delete(requestId);
  }

  function miss(requestId: string): void {
    drop(requestId);
    heard.set(requestId, null);
  }

  function missAll(): void {
    // The names first: missing one puts it behind the others.
    const requestIds = Array.from(heard.keys());
    for (const requestId of requestIds) miss(requestId);
  }

  return {
    onEvent() {
      hasEvents = true;
      wake?.();
    },
    onFrame(requestId, { sequence, text }) {
      const known = heard.get(requestId);
      if (known === undefined) heard.set(requestId, [{ sequence, text }]);
      else known?.push({ sequence, text });
      if (known !== null) heldChars += text.length;
      if (heldChars > maxHeldChars) missAll();
      wake?.();
    },
    takeEventsMark() {
      const had = hasEvents;
      hasEvents = false;
      return had;
    },
    takeFrames(requestId) {
      const frames = heard.get(requestId);
      if (frames === undefined) return [];
      drop(requestId);
      return frames;
    },
    markAll(requestIds) {
      hasEvents = true;
      for (const requestId of requestIds) miss(requestId);
    },
    forget: drop,
    forgetAllBut(open) {
      for (const requestId of heard.keys()) if (!open.has(requestId)) drop(requestId);
    },
    async wait({ timeoutMs, signal }) {
      if (hasEvents || heard.size > 0 || signal.aborted) return "news";
      const { promise, resolve } = Promise.withResolvers<"news" | "quiet">();
      const timer = setTimeout(resolve, timeoutMs, "quiet");
      const onAbort = (): void => resolve("news");
      signal.addEventListener("abort", onAbort, { once: true });
      wake = () => resolve("news");
      try {
        return await promise;
      } finally {
        wake = null;
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}
