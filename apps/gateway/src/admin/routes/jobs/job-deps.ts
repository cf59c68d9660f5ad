import type { Database, JobRepository } from "@tokenhub/persistence";
import type { KeyNames } from "../../../insight/key-names.ts";
import type { JobCanceller } from "../../../jobs/cancel-job.ts";

export interface JobAdminDeps {
  readonly db: Database["db"];
  readonly jobs: JobRepository;
  readonly canceller: JobCanceller;
  readonly keyNames: KeyNames;
  readonly now: () => number;
}
