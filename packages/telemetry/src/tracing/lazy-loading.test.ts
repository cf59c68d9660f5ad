import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../../..");

/**
 * Names of the OpenTelemetry files that a process has loaded after it ran `code`. Those of its interface are not counted:
 * the metrics library loads them itself.
 */
async function loadedAfter(code: string): Promise<string[]> {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({
      load(url, context, next) {
        if (/@opentelemetry.(?!api.)/.test(url)) loaded.push(url);
        return next(url, context);
      },
    });
    ${code}
    console.log(JSON.stringify(loaded));
    process.exit(0);
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--disable-warning=ExperimentalWarning", "-e", script],
    { cwd: root, timeout: 60_000 },
  );
  return JSON.parse(stdout.trim()) as string[];
}

const services = ["gateway", "orchestrator-worker", "router-worker", "provider-worker", "webhook-worker"]
  .map((app) => `await import("./apps/${app}/src/compose.ts");`)
  .join("\n");
const start = (config: string): string =>
  `const { startTracer } = await import("./packages/telemetry/src/index.ts");
   await startTracer({ config: ${config}, service: "s", onTrouble: console.error });`;

test("S3-89: without tracing no service loads a file of OpenTelemetry", { timeout: 60_000 }, async () => {
  expect(await loadedAfter(`${services}\n${start("null")}`)).toEqual([]);
});

test("S3-89: with tracing they are loaded, so the test above can fail", { timeout: 60_000 }, async () => {
  const config = `{ url: "http://127.0.0.1:1/v1/traces", serviceNameOf: (name) => name, sampleRatio: 1 }`;
  const loaded = await loadedAfter(start(config));
  expect(loaded.length).toBeGreaterThan(0);
});
