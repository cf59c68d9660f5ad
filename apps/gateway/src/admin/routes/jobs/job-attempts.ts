import {
  createCallIncidentRepository,
  createRequestLogRepository,
  type Database,
  type StoredJob,
} from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import { requestIdOfAttempt } from "../../../jobs/job-ids.ts";
import { presentEntry } from "../insight/present-request.ts";

/** Of a job that was tried very often, the last ones. */
const mostAttempts = 20;

/** The attempts of a job as the request log has them, oldest first; one that left no record, as it is still running, is absent. */
export async function attemptsOf(
  { db, keyNames }: { readonly db: Database["db"]; readonly keyNames: KeyNames },
  job: Pick<StoredJob, "id" | "attempt" | "startedAtMs" | "keyId">,
) {
  if (job.startedAtMs === null) return [];
  const first = Math.max(1, job.attempt - mostAttempts + 1);
  const log = createRequestLogRepository(db);
  const incidents = createCallIncidentRepository(db);
  const attempts = [];
  for (let attempt = first; attempt <= job.attempt; attempt += 1) {
    const requestId = requestIdOfAttempt(job.id, attempt);
    const entry = await log.get(requestId);
    if (entry === null) continue;
    const told = { names: keyNames, incidents: await incidents.listForRequest(requestId), rewards: [] };
    const { rewards: _rewards, ...shown } = presentEntry(entry, told);
    attempts.push({ attempt, ...shown });
  }
  return attempts;
}
