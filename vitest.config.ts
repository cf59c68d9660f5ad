import { argv } from "node:process";
import { configDefaults, defineConfig } from "vitest/config";

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

// `npm run requirements` reads the results of the last whole run: a run with any filter or option leaves them alone.
const isWholeRun = argv.slice(2).join(" ") === "run";
const keepResults = {
  reporters: [...configDefaults.reporters, "json"],
  outputFile: { json: ".cache/test-results.json" },
};

export default defineConfig({
  test: {
    ...(isWholeRun ? keepResults : {}),
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
