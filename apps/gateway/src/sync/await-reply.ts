import { streamHeadSchema, TokenHubError, type RequestResult, type StreamHead } from "@tokenhub/contracts";
import type { ReplyListener } from "@tokenhub/queue";

/** What a waiting HTTP request is told, in this order: at most one head, its text pieces, and one end. */
export interface ReplySink {
  onHead(head: StreamHead): void;
  onText(sseText: string): void;
  onEnd(result: RequestResult, body: string): void;
  /** The wait is over without an answer. */
  onTimeout(): void;
  /** The answer came and could not be delivered: a translation or record fault of ours. */
  onBroken(error: unknown): void;
}

/** Time for the worker's own deadline report to arrive before the gateway speaks for it. */
const deadlineGraceMs = 1_500;

/**
 * Registers a sink for one request; `isLate`: something may have been said of it already. The sink is told of exactly one end or time-out; after `dispose` of nothing.
 * Head and result come from our own workers: a record that does not parse is our fault and ends the wait as such.
 */
export function awaitReply(
  listener: Pick<ReplyListener, "register">,
  requestId: string,
  { waitMs, isLate = false }: { readonly waitMs: number; readonly isLate?: boolean },
  sink: ReplySink,
): Disposable {
  let hasHead = false;
  let isOver = false;

  const registration = listener.register(
    requestId,
    {
      onFrame: (text) => guarded(() => deliverFrame(text)),
      onResult(stored) {
        if (isOver) return;
        finish();
        guarded(() => sink.onEnd(readResult(stored.resultJson), stored.body));
      },
    },
    { isLate },
  );
  const timer = setTimeout(() => {
    finish();
    sink.onTimeout();
  }, waitMs + deadlineGraceMs);

  function deliverFrame(text: string): void {
    if (isOver) return;
    if (hasHead) {
      sink.onText(text);
      return;
    }
    hasHead = true;
    const lineEnd = text.indexOf("\n");
    sink.onHead(streamHeadSchema.parse(JSON.parse(text.slice(0, lineEnd))));
    if (lineEnd + 1 < text.length) sink.onText(text.slice(lineEnd + 1));
  }

  /** One request's fault must not escape into the subscription that serves all of them. */
  function guarded(deliver: () => void): void {
    try {
      deliver();
    } catch (error) {
      finish();
      sink.onBroken(error);
    }
  }

  function finish(): void {
    isOver = true;
    clearTimeout(timer);
    registration[Symbol.dispose]();
  }
  return { [Symbol.dispose]: finish };
}

/** Written by a commit of our own, which parsed everything in it; the version says whether this gateway knows its form. */
function readResult(resultJson: string): RequestResult {
  const result = JSON.parse(resultJson) as RequestResult;
  if (result.v === 1) return result;
  throw new TokenHubError(
    "internal_error",
    "A worker of another version answered in a form this gateway does not know.",
  );
}
