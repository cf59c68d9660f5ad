import { TokenHubError } from "@tokenhub/contracts";
import type { StoredJob } from "@tokenhub/persistence";
import type { LetterRouteDeps } from "./letter-deps.ts";
import { mostLetters, openLettersOf, type DiscardMany, type ReplayMany } from "./letter-form.ts";

export interface WantedLetters {
  readonly letters: readonly StoredJob[];
  /** Ids that are no job's. */
  readonly missing: readonly string[];
  /** There may be more that fit. */
  readonly hasMore: boolean;
}

/** @throws TokenHubError `invalid_request` for a range that ends before it begins, or an `after` that is no letter. */
export async function wantedLetters(
  { jobs }: Pick<LetterRouteDeps, "jobs">,
  { ids, filter }: Pick<ReplayMany | DiscardMany, "ids" | "filter">,
): Promise<WantedLetters> {
  if (ids !== undefined) {
    const found = new Map<string, StoredJob>();
    const wanted = [...new Set(ids)];
    for (const id of wanted) {
      const job = await jobs.get(id);
      if (job !== null) found.set(id, job);
    }
    return {
      letters: [...found.values()],
      missing: wanted.filter((id) => !found.has(id)),
      hasMore: false,
    };
  }
  const after = filter?.after === undefined ? null : await jobs.get(filter.after);
  if (filter?.after !== undefined && after === null)
    throw new TokenHubError("invalid_request", "`filter.after` is the id of no job.", {
      param: "filter.after",
    });
  const letters = await jobs.page({
    filters: openLettersOf(filter ?? {}),
    limit: mostLetters,
    after,
    direction: "asc",
  });
  return { letters, missing: [], hasMore: letters.length === mostLetters };
}
