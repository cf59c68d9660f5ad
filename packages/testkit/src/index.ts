export * from "./redis-server.ts";
export * from "./unique-prefix.ts";
export * from "./until.ts";
