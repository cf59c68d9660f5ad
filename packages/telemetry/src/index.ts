export * from "./admin-server.ts";
export * from "./label-values.ts";
export * from "./logger.ts";
export * from "./metrics.ts";
export * from "./run-service.ts";
export * from "./sanitise.ts";
export * from "./traceparent.ts";
