export * from "./call-ledger.ts";
export * from "./provider-health-store.ts";
