import { argv } from "node:process";
import { configDefaults, defineConfig } from "vitest/config";

const sources = [
  "packages/*/src/**/*.test.ts",
  "apps/*/src/**/*.test.ts",
  "scripts/**/*.test.ts",
  "bench/**/*.test.ts",
  "chaos/**/*.test.ts",
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

// What is measured, or kills processes against the clock, has the machine to itself.
const undisturbed = [
  "packages/persistence/src/jobs/backlog.speed.integration.test.ts",
  "packages/persistence/src/requests/record-finished.speed.integration.test.ts",
  "test/bad-input/heavy-requests.test.ts",
  "test/crash/**/*.test.ts",
  "test/failover/deadlines.test.ts",
  "test/lifecycle/recorder.test.ts",
  "test/rows/throughput.test.ts",
  "test/start/lifecycle.test.ts",
  "test/start/real-start.test.ts",
  "test/start/start-up-cost.test.ts",
];
const networkTimeouts = { globalSetup, testTimeout: 60_000, hookTimeout: 60_000 };

/**
 * Files of a worker share its modules: loading them anew for each file took longer than the tests. More workers than two cores
 * make the suite shorter, and tests that hold the product to times red now and then.
 */
export default defineConfig({
  test: {
    ...(isWholeRun ? keepResults : {}),
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: sources,
          exclude: ["**/node_modules/**", ...integration],
          // Property tests take a second here, and many on a machine that does other things, too.
          testTimeout: 20_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: integration,
          exclude: ["**/node_modules/**", ...undisturbed],
          globalSetup,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", ...undisturbed],
          ...networkTimeouts,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: "undisturbed",
          include: undisturbed,
          ...networkTimeouts,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
