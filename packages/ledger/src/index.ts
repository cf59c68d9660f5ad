export { callRequestId } from "./call-request-id.ts";
export * from "./answer-store.ts";
export * from "./call-ledger.ts";
export * from "./concurrency-places.ts";
export * from "./provider-health-store.ts";
export * from "./published-keys.ts";
export * from "./rate-buckets.ts";
export * from "./run-store.ts";
