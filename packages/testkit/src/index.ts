export * from "./chaos-proxy.ts";
export * from "./redis-monitor.ts";
export * from "./redis-server.ts";
export * from "./unique-prefix.ts";
export * from "./until.ts";
export * from "./test-network.ts";
export * from "./service-process.ts";
