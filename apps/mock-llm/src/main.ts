import { compose } from "./compose.ts";
import { loadConfig } from "./config.ts";

try {
  const mock = await compose(loadConfig(process.env));
  const stop = (): void => {
    mock[Symbol.asyncDispose]().catch(fail);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.stdout.write(`${JSON.stringify({ listening: mock.url })}\n`);
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
