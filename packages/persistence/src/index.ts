export * from "./access/admin-session-repository.ts";
export * from "./access/admin-token-repository.ts";
export * from "./access/api-key-repository.ts";
export * from "./access/project-repository.ts";
export * from "./access/tenant-repository.ts";
export * from "./audit/audit-repository.ts";
export * from "./catalogue/alias-repository.ts";
export { createBatchLines, type EndedLine, type LineAnswer } from "./batches/batch-lines.ts";
export { countBatchEndings } from "./batches/batch-progress.ts";
export { createBatchRepository, type BatchRepository } from "./batches/batch-repository.ts";
export {
  endedLineCount,
  unfinishedLineCount,
  type BatchProblem,
  type StoredBatch,
} from "./batches/batch-row.ts";
export { expandBatch } from "./batches/expand-batch.ts";
export { createFilePieceWriter, readFileBytes, type FilePieceWriter } from "./batches/file-pieces.ts";
export { createFileRepository, type FileRepository } from "./batches/file-repository.ts";
export type { StoredFile } from "./batches/file-row.ts";
export type { NewBatch } from "./batches/new-batch-row.ts";
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
export type { HeldKey, KeyAnswer, KeyPlace } from "./idempotency/held-key.ts";
export {
  createIdempotencyRepository,
  type IdempotencyRepository,
  type KeyTaker,
} from "./idempotency/idempotency-repository.ts";
export type { KeyTaking } from "./idempotency/take-key.ts";
export type { CancelOutcome, CancelRequest } from "./jobs/cancel-job.ts";
export type { Claim, ClaimedJob } from "./jobs/claim-jobs.ts";
export type { LetterCount } from "./jobs/dead-letters.ts";
export type { FinishOptions, JobEnding } from "./jobs/job-ending.ts";
export type { JobFilters, JobPageRequest } from "./jobs/job-page.ts";
export { createJobRepository, type JobRepository } from "./jobs/job-repository.ts";
export type { JobAnswer, JobRequest, StoredJob } from "./jobs/job-row.ts";
export { dispatchGroupOf, type NewJob } from "./jobs/new-job.ts";
export { countScheduled, queueOverview, type QueueGroup } from "./jobs/queue-overview.ts";
export type { JobScope } from "./jobs/read-job.ts";
export type { NextAttempt, Release } from "./jobs/requeue-jobs.ts";
export type { ReservationScope } from "./jobs/reserved-spend.ts";
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
export type { ResponseChain } from "./responses/response-chain.ts";
export { createResponseRepository, type ResponseRepository } from "./responses/response-repository.ts";
export type { StoredResponse } from "./responses/response-row.ts";
export { createRunRepository, type RunFilters, type RunRepository } from "./runs/run-repository.ts";
export { runStatusOf, type RunSummary, type StoredRun } from "./runs/run-row.ts";
export type { JobSchedule, StoredSchedule } from "./schedules/job-schedule.ts";
export { createScheduleRepository, type ScheduleRepository } from "./schedules/schedule-repository.ts";
export type { AdminRole } from "./schema/access-tables.ts";
export type { Source } from "./schema/catalogue-tables.ts";
export type { LetterState } from "./schema/job-tables.ts";
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
export type { AttemptDecider } from "./webhooks/apply-attempt.ts";
export type { ClaimedDelivery } from "./webhooks/claim-deliveries.ts";
export type { WebhookDeliveryFilters } from "./webhooks/delivery-filters.ts";
export type { WebhookAttempt, WebhookDelivery, WebhookDeliveryState } from "./webhooks/delivery-row.ts";
export { recordWebhookAttempts } from "./webhooks/record-attempts.ts";
export { recordWebhookEvents, type EventsToRecord } from "./webhooks/record-events.ts";
export type { Redelivered } from "./webhooks/redeliver.ts";
export {
  createSigningSecretRepository,
  type SigningSecretNote,
  type SigningSecretRepository,
} from "./webhooks/signing-secret-repository.ts";
export {
  createWebhookDeliveryRepository,
  type WebhookDeliveryRepository,
} from "./webhooks/webhook-delivery-repository.ts";
export {
  createWebhookEndpointRepository,
  type WebhookEndpointPatch,
  type WebhookEndpointRepository,
  type WebhookScope,
} from "./webhooks/webhook-endpoint-repository.ts";
export type { SealedSecret, WebhookEndpoint } from "./webhooks/webhook-endpoint.ts";
export type { Created, Expectation, Patch, Removed, Updated, Versioned } from "./versioned-table.ts";
