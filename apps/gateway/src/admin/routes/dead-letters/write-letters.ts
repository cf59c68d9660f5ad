import { TokenHubError } from "@tokenhub/contracts";
import type { LetterState, StoredJob } from "@tokenhub/persistence";
import { replayIdOf, type ReplayTerms } from "../../../dead-letters/replay-letter.ts";
import {
  markLetters,
  replayLetters,
  type LetterNote,
  type ReplayOutcome,
} from "../../../dead-letters/replay-letters.ts";
import { reply, type AdminCall, type AdminReply } from "../../admin-route.ts";
import type { LetterRouteDeps } from "./letter-deps.ts";
import type { Discard, DiscardMany, Replay, ReplayMany } from "./letter-form.ts";
import { foundLetter } from "./read-letters.ts";
import { wantedLetters } from "./wanted-letters.ts";

const kind = "dead letter";

/** Sends one letter again. @throws TokenHubError why it cannot be: it stays open. */
export async function replayOne(deps: LetterRouteDeps, call: AdminCall<Replay>): Promise<AdminReply> {
  const letter = await foundLetter(deps.jobs, call);
  const [outcome] = await replayLetters(deps, [letter], replayingFor(call));
  if (outcome?.kind === "refused") throw outcome.error;
  if (outcome?.kind !== "replayed") throw notOpen((await deps.jobs.get(letter.id)) ?? letter);
  return reply({ ok: true, id: letter.id, job_id: outcome.jobId }, { status: 202 });
}

/** Sends letters again, each on its own: what is refused says why, and stays open. */
export async function replayMany(deps: LetterRouteDeps, call: AdminCall<ReplayMany>): Promise<AdminReply> {
  const { letters, missing, hasMore } = await wantedLetters(deps, call.body);
  const outcomes = await replayLetters(deps, letters, replayingFor(call));
  const count = (wanted: ReplayOutcome["kind"]): number =>
    outcomes.filter((outcome) => outcome.kind === wanted).length;
  const replayed = count("replayed");
  // Each letter has a row of its own; a call that moved none leaves one, too.
  if (replayed === 0) await call.audit.record({ resourceKind: kind, resourceId: null, detail: { replayed } });
  return reply(
    {
      ok: true,
      replayed,
      refused: count("refused"),
      results: [...outcomes.map(presentOutcome), ...missing.map(presentMissing)],
      has_more: hasMore,
      last_id: letters.at(-1)?.id ?? null,
    },
    { status: 202 },
  );
}

export async function discardOne(deps: LetterRouteDeps, call: AdminCall<Discard>): Promise<AdminReply> {
  const letter = await foundLetter(deps.jobs, call);
  const discarded = await markLetters(deps.db, [letter], { to: "discarded", note: noteDiscard(call) });
  if (discarded.size === 0) throw notOpen((await deps.jobs.get(letter.id)) ?? letter);
  return reply({ ok: true, id: letter.id, letter: "discarded" });
}

export async function discardMany(deps: LetterRouteDeps, call: AdminCall<DiscardMany>): Promise<AdminReply> {
  const { letters, missing, hasMore } = await wantedLetters(deps, call.body);
  const note = noteDiscard(call);
  const discarded = await markLetters(deps.db, letters, { to: "discarded", note });
  if (discarded.size === 0)
    await call.audit.record({ resourceKind: kind, resourceId: null, detail: { discarded: 0 } });
  const results = letters.map(({ id, letter }) =>
    discarded.has(id) ? { id, outcome: "discarded" } : presentNotOpen(id, letter),
  );
  return reply({
    ok: true,
    discarded: discarded.size,
    results: [...results, ...missing.map(presentMissing)],
    has_more: hasMore,
    last_id: letters.at(-1)?.id ?? null,
  });
}

function replayingFor({ body, audit }: AdminCall<Replay> | AdminCall<ReplayMany>): {
  readonly terms: ReplayTerms;
  readonly note: LetterNote;
} {
  const { model = null, deadline = null, priority = null } = body;
  return {
    terms: { model, deadlineAtMs: deadline, priority },
    note: ({ id, tenantId, errorClass }, begun) =>
      audit.record(
        {
          resourceKind: kind,
          resourceId: id,
          detail: { tenantId, jobId: replayIdOf(id), model, priority, errorClass },
        },
        begun,
      ),
  };
}

function noteDiscard({ body, audit }: AdminCall<Discard> | AdminCall<DiscardMany>): LetterNote {
  return ({ id, tenantId, errorClass }, begun) =>
    audit.record(
      { resourceKind: kind, resourceId: id, detail: { tenantId, errorClass, reason: body.reason ?? null } },
      begun,
    );
}

function presentOutcome(outcome: ReplayOutcome) {
  const { id } = outcome;
  switch (outcome.kind) {
    case "replayed":
      return { id, outcome: "replayed", job_id: outcome.jobId };
    case "refused":
      return {
        id,
        outcome: "refused",
        error: { code: outcome.error.code, message: outcome.error.message, param: outcome.error.param },
      };
    case "not_open":
      return presentNotOpen(id, outcome.letter);
  }
}

/** @param letter what it was when it was read; somebody may have been quicker since. */
function presentNotOpen(id: string, letter: LetterState | null) {
  const message =
    letter === "open"
      ? "Somebody else has replayed or discarded it meanwhile."
      : letter === null
        ? "It is no open letter."
        : `It was ${letter} before.`;
  return { id, outcome: "not_open", error: { code: "conflict", message, param: null } };
}

function presentMissing(id: string) {
  return {
    id,
    outcome: "not_found",
    error: { code: "not_found", message: "There is no job of this id.", param: null },
  };
}

function notOpen({ id, letter }: StoredJob): TokenHubError {
  return new TokenHubError(
    "conflict",
    letter === "replayed"
      ? `This letter was replayed already, as job ${replayIdOf(id)}. If that failed, too, it is a letter of its own.`
      : `This letter is ${letter ?? "none"}; only open ones can be replayed or discarded.`,
  );
}
