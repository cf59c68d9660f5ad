import { TokenHubError } from "@tokenhub/contracts";
import {
  createJobRepository,
  transaction,
  type Database,
  type LetterState,
  type StoredJob,
} from "@tokenhub/persistence";
import { replayIdOf, replayLetter, type ReplayDeps, type ReplayTerms } from "./replay-letter.ts";

/** What became of a letter that was to be sent again. */
export type ReplayOutcome =
  | { readonly kind: "replayed"; readonly id: string; readonly jobId: string }
  /** It stays open. */
  | { readonly kind: "refused"; readonly id: string; readonly error: TokenHubError }
  | { readonly kind: "not_open"; readonly id: string; readonly letter: LetterState | null };

export interface LetterDeps extends ReplayDeps {
  readonly db: Database["db"];
}

/** Writes the audit row of a letter, in the transaction that changes it. */
export type LetterNote = (letter: StoredJob, begun: Database["db"]) => Promise<void>;

const atOnce = 50;

/**
 * Sends letters again, each on its own: first its job is made, then the letter is marked, so that a crash in between leaves
 * it open, and sending it once more finds the job.
 */
export async function replayLetters(
  deps: LetterDeps,
  letters: readonly StoredJob[],
  { terms, note }: { readonly terms: ReplayTerms; readonly note: LetterNote },
): Promise<ReplayOutcome[]> {
  const outcomes: ReplayOutcome[] = [];
  for (let start = 0; start < letters.length; start += atOnce) {
    const some = letters.slice(start, start + atOnce);
    const tried = await Promise.all(some.map((letter) => tryReplay(deps, letter, terms)));
    const made = some.filter((_letter, index) => tried[index]?.kind === "replayed");
    const marked = await markLetters(deps.db, made, { to: "replayed", note });
    for (const outcome of tried) {
      const wasFirst = outcome.kind !== "replayed" || marked.has(outcome.id);
      outcomes.push(wasFirst ? outcome : { kind: "not_open", id: outcome.id, letter: null });
    }
  }
  return outcomes;
}

/** Moves open letters on and notes each, all in one transaction; gives the ids of those that were open. */
export function markLetters(
  db: Database["db"],
  letters: readonly StoredJob[],
  { to, note }: { readonly to: Exclude<LetterState, "open">; readonly note: LetterNote },
): Promise<ReadonlySet<string>> {
  return transaction(db, async (begun) => {
    const ids = letters.map(({ id }) => id);
    const marked = await createJobRepository(begun).markLetters(ids, { from: "open", to });
    for (const letter of letters) if (marked.has(letter.id)) await note(letter, begun);
    return marked;
  });
}

async function tryReplay(deps: LetterDeps, letter: StoredJob, terms: ReplayTerms): Promise<ReplayOutcome> {
  const { id } = letter;
  if (letter.letter !== "open") return { kind: "not_open", id, letter: letter.letter };
  try {
    await replayLetter(deps, letter, terms);
    return { kind: "replayed", id, jobId: replayIdOf(id) };
  } catch (error) {
    if (!(error instanceof TokenHubError)) throw error;
    return { kind: "refused", id, error };
  }
}
