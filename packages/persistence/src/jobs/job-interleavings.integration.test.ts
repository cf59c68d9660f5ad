import fc from "fast-check";
import { expect, test } from "vitest";
import type { Database } from "../open-database.ts";
import { buildEnding, buildJob, jobIdOf } from "../testing/build-job.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import type { FinishOptions } from "./job-ending.ts";
import { createJobRepository } from "./job-repository.ts";

const nowMs = 1_795_000_050_000;
const group = "tenant-a|background|gpt-4";
const gateways = ["gw-0", "gw-1", "gw-2"];
const errors = { errorCode: null, errorClass: null, errorMessage: null } as const;

/** What a gateway may do; `pick` says with which of the jobs that it was ever given, also one it has long lost. */
const step = fc.record({
  gateway: fc.integer({ min: 0, max: 2 }),
  pick: fc.nat({ max: 30 }),
  action: fc.constantFrom(
    "insert",
    "claim",
    "claim",
    "finish",
    "finish",
    "requeue",
    "release",
    "cancel",
    "overdue",
  ),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

interface Turn {
  readonly jobId: string;
  readonly attempt: number;
}

/** Carries out steps as gateways would and notes who was given what, and which jobs they were told have ended. */
async function play(db: Database["db"], steps: readonly Step[]) {
  const jobs = createJobRepository(db);
  const turns: Turn[] = [];
  const held = new Map<string, Turn & { readonly owner: string }>();
  const ended: string[] = [];
  const told: string[] = [];
  const problems: string[] = [];
  const options: FinishOptions = {
    events: (job) => [
      {
        id: `evt_${job.id}`,
        tenantId: "tenant-a",
        projectId: null,
        type: "job.succeeded",
        createdAtMs: 1,
        data: {},
      },
    ],
    recordEvents: async (_, { events }) => void told.push(...events.map(({ id }) => id)),
  };
  let inserted = 0;

  const take = (owner: string, taken: readonly { readonly id: string; readonly attempt: number }[]) => {
    for (const { id: jobId, attempt } of taken) {
      if (held.has(jobId) || ended.includes(jobId)) problems.push(`${jobId} was given to ${owner}, too`);
      held.set(jobId, { jobId, attempt, owner });
      turns.push({ jobId, attempt });
    }
  };
  const end = (jobIds: readonly string[]) => {
    ended.push(...jobIds);
    for (const jobId of jobIds) held.delete(jobId);
  };
  const perform = async ({ gateway, pick, action }: Step): Promise<void> => {
    const owner = gateways[gateway] ?? "";
    const turn = turns[pick % Math.max(1, turns.length)];
    switch (action) {
      case "insert":
        await jobs.insert([buildJob(inserted), buildJob(inserted + 1, { deadlineAtMs: nowMs })]);
        inserted += 2;
        return;
      case "claim":
        return take(owner, await jobs.claim({ group, limit: 2, owner, nowMs }));
      case "overdue":
        return take(owner, await jobs.takeOverdue({ owner, limit: 1, nowMs }));
      case "finish":
        if (turn === undefined) return;
        return end((await jobs.finish([buildEnding(0, turn)], options)).map(({ id }) => id));
      case "requeue": {
        if (turn === undefined) return;
        const next = { ...turn, owner, requestId: `req_${turn.attempt + 1}`, notBeforeMs: null, ...errors };
        for (const { id } of await jobs.requeue([next])) {
          if (held.get(id)?.owner !== owner)
            problems.push(`${id} was requeued by ${owner}, who does not own it`);
          held.delete(id);
        }
        return;
      }
      case "release":
        await jobs.release({ owner });
        for (const { jobId, owner: holder } of held.values()) if (holder === owner) held.delete(jobId);
        return;
      case "cancel": {
        const jobId = jobIdOf(pick);
        const request = { nowMs, expiresAtMs: nowMs, message: "Cancelled.", ...options };
        const outcome = await jobs.cancelQueued(jobId, request);
        if (outcome.kind !== "cancelled") return;
        if (held.has(jobId)) problems.push(`${jobId} was cancelled while it ran`);
        return end([jobId]);
      }
    }
  };

  for (const made of steps) await perform(made);
  for (const gateway of [0, 1, 2]) await perform({ gateway, pick: 0, action: "release" });
  const rest = await jobs.claim({ group, limit: 1_000, owner: "gw-0", nowMs });
  take("gw-0", rest);
  const endings = rest.map(({ id, attempt }) => buildEnding(0, { jobId: id, attempt }));
  end((await jobs.finish(endings, options)).map(({ id }) => id));
  return { inserted, ended, told, problems };
}

describeDatabases(({ openMigrated }) => {
  test("whatever gateways do in whatever order, each job is held by one of them and ends once", async () => {
    const { db } = await openMigrated();
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        await db.deleteFrom("jobs").execute();
        const { inserted, ended, told, problems } = await play(db, steps);
        expect(problems).toEqual([]);
        const all = Array.from({ length: inserted }, (_, number) => jobIdOf(number)).toSorted();
        expect(ended.toSorted()).toEqual(all);
        expect(told.toSorted()).toEqual(all.map((id) => `evt_${id}`));
      }),
      { numRuns: 40 },
    );
  });
});
