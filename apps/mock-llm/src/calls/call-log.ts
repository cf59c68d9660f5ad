import type { CallOutcome, MutableCall, RecordedCall } from "./recorded-call.ts";

export interface CallLogLimits {
  /** How many calls are remembered. */
  readonly calls: number;
  /** How many bytes of bodies are remembered in all calls together. */
  readonly bodyBytes: number;
}

interface Waiter {
  readonly matches: (call: RecordedCall) => boolean;
  readonly resolve: (call: RecordedCall) => void;
}

/** The last calls in the order of their arrival, and the counts of all calls ever. */
export class CallLog {
  readonly #limits: CallLogLimits;
  /** By index, in the order of the indexes. */
  readonly #calls = new Map<number, MutableCall>();
  #firstKept = 0;
  #next = 0;
  #bodyBytes = 0;
  #firstWithBody = 0;
  #inFlight = 0;
  readonly #counts = new Map<string, Map<CallOutcome, number>>();
  readonly #waiters = new Set<Waiter>();

  constructor(limits: CallLogLimits) {
    this.#limits = limits;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Number of finished calls by model (empty: none) and outcome. */
  get counts(): ReadonlyMap<string, ReadonlyMap<CallOutcome, number>> {
    return this.#counts;
  }

  /** The index of the next call, which is also how many calls ever began. */
  get nextIndex(): number {
    return this.#next;
  }

  begin(call: MutableCall): void {
    this.#inFlight += 1;
    this.#calls.set(this.#next, call);
    this.#next += 1;
    this.#bodyBytes += bodyLength(call);
    if (this.#calls.size > this.#limits.calls) this.#forgetFirst();
    while (this.#bodyBytes > this.#limits.bodyBytes && this.#firstWithBody < this.#next) {
      this.#dropBody(this.#firstWithBody);
    }
    this.#tell(call);
  }

  /** Notes how the call ended. A call that ended once can only be corrected to `aborted_by_client`. */
  finish(
    call: MutableCall,
    { outcome, nowMs }: { readonly outcome: CallOutcome; readonly nowMs: number },
  ): void {
    if (call.finishedAtMs === null) this.#inFlight -= 1;
    else this.#count(call, -1);
    call.outcome = outcome;
    call.finishedAtMs = nowMs;
    this.#count(call, 1);
    this.#tell(call);
  }

  /** Notes that the mock is silent on purpose. */
  hang(call: MutableCall): void {
    call.outcome = "hanging";
    this.#tell(call);
  }

  /** The remembered calls, oldest first. */
  all(): readonly RecordedCall[] {
    return [...this.#calls.values()];
  }

  /** Forgets all calls; indexes and calls in flight go on. */
  clear(): void {
    this.#calls.clear();
    this.#firstKept = this.#next;
    this.#firstWithBody = this.#next;
    this.#bodyBytes = 0;
  }

  /**
   * The first call that matches, among those remembered or, later, whenever a call begins, hangs or ends.
   *
   * @throws Error when none matches in time.
   */
  waitFor(
    matches: (call: RecordedCall) => boolean,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<RecordedCall> {
    const known = this.all().find(matches);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        matches,
        resolve: (call) => {
          clearTimeout(timer);
          resolve(call);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new Error(`No call matched within ${timeoutMs} ms; ${this.all().length} calls are remembered.`),
        );
      }, timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  #forgetFirst(): void {
    if (this.#firstWithBody <= this.#firstKept) this.#dropBody(this.#firstKept);
    this.#calls.delete(this.#firstKept);
    this.#firstKept += 1;
  }

  #dropBody(index: number): void {
    const call = this.#calls.get(index);
    this.#firstWithBody = index + 1;
    if (call === undefined) return;
    this.#bodyBytes -= bodyLength(call);
    call.body = null;
    call.bodyText = null;
  }

  #tell(call: RecordedCall): void {
    for (const waiter of this.#waiters) {
      if (!waiter.matches(call)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(call);
    }
  }

  #count(call: RecordedCall, change: number): void {
    if (call.outcome === null) return;
    const model = call.model ?? "";
    let byOutcome = this.#counts.get(model);
    if (byOutcome === undefined) this.#counts.set(model, (byOutcome = new Map()));
    byOutcome.set(call.outcome, (byOutcome.get(call.outcome) ?? 0) + change);
  }
}

/** Characters stand in for bytes: good enough for a limit, and it needs no second pass over the text. */
function bodyLength(call: RecordedCall): number {
  return call.bodyText?.length ?? 0;
}
