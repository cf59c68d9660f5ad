import { defineConfig } from "vitest/config";

const sources = [
  "packages/*/src/**/*.test.ts",
  "apps/*/src/**/*.test.ts",
  "scripts/**/*.test.ts",
  "bench/**/*.test.ts",
];
const integration = [
  "packages/*/src/**/*.integration.test.ts",
  "apps/*/src/**/*.integration.test.ts",
  "bench/**/*.integration.test.ts",
];
const globalSetup = ["packages/testkit/src/global-redis.ts"];

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: sources, exclude: ["**/node_modules/**", ...integration] } },
      {
        test: {
          name: "integration",
          include: integration,
          globalSetup,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/**/*.test.ts"],
          globalSetup,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
