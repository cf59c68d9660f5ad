import type { BatchTables } from "./batch-tables.ts";
import type { IdempotencyTables } from "./idempotency-tables.ts";
import type { JobTables } from "./job-tables.ts";
import type { ResponseTables } from "./response-tables.ts";
import type { ScheduleTables } from "./schedule-tables.ts";
import type { WebhookTables } from "./webhook-tables.ts";
import type { AccessTables } from "./access-tables.ts";
import type { CatalogueTables } from "./catalogue-tables.ts";
import type { RecordTables } from "./record-tables.ts";
import type { RequestTables } from "./request-tables.ts";
import type { RunTables } from "./run-tables.ts";
import type { SeriesTables } from "./series-tables.ts";
import type { SettingsTables } from "./settings-tables.ts";

/** The tables as both databases show them: truth values are 0 and 1, JSON is text, times are Unix milliseconds. */
export type Schema = CatalogueTables &
  AccessTables &
  SettingsTables &
  RequestTables &
  RunTables &
  RecordTables &
  SeriesTables &
  JobTables &
  WebhookTables &
  BatchTables &
  ResponseTables &
  IdempotencyTables &
  ScheduleTables;
