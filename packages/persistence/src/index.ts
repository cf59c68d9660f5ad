export * from "./access/admin-session-repository.ts";
export * from "./access/admin-token-repository.ts";
export * from "./access/api-key-repository.ts";
export * from "./access/project-repository.ts";
export * from "./access/tenant-repository.ts";
export * from "./audit/audit-repository.ts";
export * from "./catalogue/alias-repository.ts";
export { cacheChoiceOf, type CacheChoice } from "./cache-choice.ts";
export type { AdminWrite, CatalogueRepository } from "./catalogue/catalogue-repository.ts";
export * from "./catalogue/load-catalogue.ts";
export type { ModelEntry } from "./catalogue/model-entry.ts";
export * from "./catalogue/model-repository.ts";
export * from "./catalogue/provider-repository.ts";
export * from "./catalogue/replace-configured-catalogue.ts";
export type { Replacement, Stored, Write } from "./catalogue/stored.ts";
export { DatabaseError } from "./database-error.ts";
export * from "./events/event-repository.ts";
export * from "./open-database.ts";
export type { Page, PageRequest, Sort } from "./page.ts";
export type { Contract } from "./read-row.ts";
export {
  createBanditArmRepository,
  type ArmUpdate,
  type BanditArmRepository,
} from "./requests/bandit-arm-repository.ts";
export * from "./requests/call-incident-repository.ts";
export * from "./requests/list-choices.ts";
export * from "./requests/load-stats.ts";
export * from "./requests/record-finished.ts";
export * from "./requests/revise-reward.ts";
export {
  createRequestLogRepository,
  type RequestLogEntry,
  type RequestLogFilters,
  type RequestLogRepository,
  type RequestLogSummary,
} from "./requests/request-log-repository.ts";
export {
  createRewardRepository,
  type RewardEntry,
  type RewardFilters,
  type RewardRepository,
} from "./requests/reward-repository.ts";
export {
  createSpendRepository,
  monthOf,
  type Spend,
  type SpendRepository,
} from "./requests/spend-repository.ts";
export { createRunRepository, type RunFilters, type RunRepository } from "./runs/run-repository.ts";
export { runStatusOf, type RunSummary, type StoredRun } from "./runs/run-row.ts";
export type { AdminRole } from "./schema/access-tables.ts";
export type { Source } from "./schema/catalogue-tables.ts";
export type { ActorKind, AuditOutcome } from "./schema/record-tables.ts";
export type { SpendScopeKind } from "./schema/request-tables.ts";
export type { RunStatus } from "./schema/run-tables.ts";
export type { Schema } from "./schema/schema.ts";
export { downsampleSeries } from "./series/downsample-series.ts";
export { defaultSeriesRetention, pruneSeries, type SeriesRetention } from "./series/prune-series.ts";
export * from "./series/series-metrics.ts";
export * from "./series/series-repository.ts";
export * from "./settings/routing-config-repository.ts";
export * from "./settings/settings-repository.ts";
export { transaction } from "./transaction.ts";
export * from "./upkeep/apply-retention.ts";
export { backupDatabase, type BackupReport } from "./upkeep/backup-database.ts";
export { restoreDatabase, type RestoreReport } from "./upkeep/restore-database.ts";
export * from "./vault/vault-repository.ts";
export type { Created, Expectation, Patch, Removed, Updated, Versioned } from "./versioned-table.ts";
