import type { Migration } from "kysely/migration";
import { createInitialTables } from "./0001-initial.ts";
import { addCatalogueAttributes } from "./0002-catalogue-attributes.ts";
import { createAccessTables } from "./0003-access.ts";
import { createSettingsAndVault } from "./0004-settings-and-vault.ts";
import { createRewardsAndSpend } from "./0005-rewards-and-spend.ts";
import { createSeriesEventsAudit } from "./0006-series-events-audit.ts";
import { createRuns } from "./0007-runs.ts";
import { addCacheChoice } from "./0008-cache-choice.ts";
import { createJobs } from "./0009-jobs.ts";
import { createWebhooks } from "./0010-webhooks.ts";
import { createFilesAndBatches } from "./0011-files-and-batches.ts";
import { createResponses } from "./0012-responses.ts";
import { createIdempotencyKeys } from "./0013-idempotency-keys.ts";
import { createJobSchedules } from "./0014-job-schedules.ts";

/** Every migration, forward only, by name in the order of their application. A released one is never edited. */
export const migrations: Readonly<Record<string, Migration>> = {
  "0001-initial": { up: createInitialTables },
  "0002-catalogue-attributes": { up: addCatalogueAttributes },
  "0003-access": { up: createAccessTables },
  "0004-settings-and-vault": { up: createSettingsAndVault },
  "0005-rewards-and-spend": { up: createRewardsAndSpend },
  "0006-series-events-audit": { up: createSeriesEventsAudit },
  "0007-runs": { up: createRuns },
  "0008-cache-choice": { up: addCacheChoice },
  "0009-jobs": { up: createJobs },
  "0010-webhooks": { up: createWebhooks },
  "0011-files-and-batches": { up: createFilesAndBatches },
  "0012-responses": { up: createResponses },
  "0013-idempotency-keys": { up: createIdempotencyKeys },
  "0014-job-schedules": { up: createJobSchedules },
};
