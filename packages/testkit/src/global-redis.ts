import type { TestProject } from "vitest/node";
import { startTestRedis } from "./redis-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    redisUrl: string;
  }
}

/** Vitest global set-up: one private Redis for the whole run; test files keep apart by key prefix. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = await startTestRedis();
  project.provide("redisUrl", redis.url);
  return async () => {
    await redis[Symbol.asyncDispose]();
  };
}
