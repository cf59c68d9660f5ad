import { TokenHubError } from "@tokenhub/contracts";
import { spendSinceMs, type SpendReader } from "../access/spend-reader.ts";
import { BudgetExceededError } from "./budget-exceeded-error.ts";
import type { Budget } from "./caller.ts";

/** What a request holds of its caller's budgets until its cost is in the books. */
export interface Reservation {
  /** The request has ended and cost so much; null: unknown, so all of what was reserved stays held. */
  settle(costUsd: number | null): void;
  /** The request never became a job. */
  release(): void;
}

/** Keeps what is spent within budgets. */
export interface BudgetGuard {
  /**
   * Reserves what a request may cost of every budget; null when there is none.
   * @throws TokenHubError `budget_exceeded` when spend and reservations have reached a budget, or, of what must fit, when less
   * is left of one; `overloaded` when what was spent cannot be found out.
   */
  reserve(budgets: readonly Budget[], request: CostToReserve): Promise<Reservation> | null;
}

interface CostToReserve {
  readonly requestId: string;
  readonly costUsd: number;
  /** The whole of it must be left; otherwise anything at all. Default false. */
  readonly mustFit?: boolean;
}

export interface BudgetGuardOptions {
  readonly spend: Pick<SpendReader, "spentNanoUsd" | "recorded">;
  readonly now: () => number;
  readonly onError: (error: unknown) => void;
}

interface Hold {
  nanoUsd: number;
  /** When the request ended; null while it runs. From then on the books are asked for it. */
  endedAtMs: number | null;
}

interface Account {
  sinceMs: number;
  spentNanoUsd: number;
  /** When the sum was asked for; `-Infinity`: never. */
  readAtMs: number;
  usedAtMs: number;
  reading: Promise<void> | null;
  readonly holds: Map<string, Hold>;
}

interface Draw {
  readonly budget: Budget;
  readonly account: Account;
}

/** A sum from the books serves requests for this long; one that would refuse a request, no longer than that. */
const freshMs = 1_000;
const freshForRefusalMs = 100;
/** When the database does not answer, a sum of this age still serves. */
const usableMs = 60_000;
/** A cost that never came to the books is given up: its request was lost with its worker and the data of Redis. */
const lostAfterMs = 600_000;
/** Accounts nobody used for this long are forgotten. */
const idleMs = 900_000;

/**
 * Spend is what the books say, at most a second old, plus what this gateway's requests hold: the dearest estimate while
 * they run, their cost from their end until the books have it. So a request is counted from its admission on without a gap.
 * Two things it does not see: what runs on other gateways, and how far an answer's cost goes beyond its estimate; a budget
 * can be overrun by as much, once.
 */
export function createBudgetGuard({ spend, now, onError }: BudgetGuardOptions): BudgetGuard {
  const accounts = new Map<string, Account>();

  function accountOf({ kind, id }: Budget): Account {
    const name = `${kind}:${id}`;
    const known = accounts.get(name);
    if (known !== undefined) return known;
    forgetIdle();
    const account: Account = {
      sinceMs: 0,
      spentNanoUsd: 0,
      readAtMs: -Infinity,
      usedAtMs: now(),
      reading: null,
      holds: new Map(),
    };
    accounts.set(name, account);
    return account;
  }

  function forgetIdle(): void {
    const nowMs = now();
    for (const [name, { holds, usedAtMs }] of accounts)
      if (holds.size === 0 && nowMs - usedAtMs > idleMs) accounts.delete(name);
  }

  async function refresh({ account, budget }: Draw, maxAgeMs: number): Promise<void> {
    const nowMs = now();
    account.usedAtMs = nowMs;
    const sinceMs = spendSinceMs(budget.resetAtMs, nowMs);
    if (sinceMs === account.sinceMs && nowMs - account.readAtMs < maxAgeMs) return;
    account.reading ??= read(account, { budget, sinceMs, nowMs }).finally(() => (account.reading = null));
    await account.reading;
    // Another reset came while that was read.
    if (account.sinceMs !== sinceMs) await read(account, { budget, sinceMs, nowMs });
  }

  async function read(
    account: Account,
    { budget, sinceMs, nowMs }: { readonly budget: Budget; readonly sinceMs: number; readonly nowMs: number },
  ): Promise<void> {
    const ended = [...account.holds].filter(([, hold]) => hold.endedAtMs !== null);
    try {
      const recorded = await spend.recorded(ended.map(([requestId]) => requestId));
      const spentNanoUsd = await spend.spentNanoUsd(budget, nowMs);
      Object.assign(account, { sinceMs, spentNanoUsd, readAtMs: nowMs });
      for (const [requestId, { endedAtMs }] of ended)
        if (recorded.has(requestId) || nowMs - (endedAtMs ?? nowMs) > lostAfterMs)
          account.holds.delete(requestId);
    } catch (error) {
      onError(error);
      if (account.sinceMs === sinceMs && nowMs - account.readAtMs < usableMs) return;
      throw new TokenHubError(
        "overloaded",
        "What was spent of the budget cannot be read now. Try again in a moment.",
        { retryAfterMs: freshMs, cause: error },
      );
    }
  }

  async function reserve(
    budgets: readonly Budget[],
    { requestId, costUsd, mustFit = false }: CostToReserve,
  ): Promise<Reservation> {
    const nanoUsd = Math.round(costUsd * 1e9);
    const neededNanoUsd = mustFit ? nanoUsd : null;
    const drawn = budgets.map((budget) => ({ budget, account: accountOf(budget) }));
    for (const draw of drawn) await refresh(draw, freshMs);
    if (refusalOf(drawn, neededNanoUsd) !== null)
      for (const draw of drawn) await refresh(draw, freshForRefusalMs);
    // No await from here on: whoever asks next sees what this request holds.
    const refusal = refusalOf(drawn, neededNanoUsd);
    if (refusal !== null) throw refusal;
    const hold: Hold = { nanoUsd, endedAtMs: null };
    for (const { account } of drawn) account.holds.set(requestId, hold);
    return {
      settle(finalCostUsd) {
        hold.endedAtMs ??= now();
        if (finalCostUsd !== null) hold.nanoUsd = Math.round(finalCostUsd * 1e9);
      },
      release() {
        for (const { account } of drawn) account.holds.delete(requestId);
      },
    };
  }

  return {
    reserve: (budgets, request) => (budgets.length === 0 ? null : reserve(budgets, request)),
  };
}

/** The refusal by the first budget that is used up, or has less left than is needed; null when there is none. */
function refusalOf(drawn: readonly Draw[], neededNanoUsd: number | null): BudgetExceededError | null {
  for (const { budget, account } of drawn) {
    const { spentNanoUsd, holds } = account;
    const heldNanoUsd = [...holds.values()].reduce((sum, { nanoUsd }) => sum + nanoUsd, 0);
    const usedNanoUsd = spentNanoUsd + heldNanoUsd;
    const isUsedUp = usedNanoUsd >= budget.limitNanoUsd;
    if (isUsedUp || usedNanoUsd + (neededNanoUsd ?? 0) > budget.limitNanoUsd)
      return new BudgetExceededError(budget, {
        spentNanoUsd,
        heldNanoUsd,
        ...(isUsedUp ? {} : { neededNanoUsd }),
      });
  }
  return null;
}
