import { ConfigError } from "@tokenhub/config";
import { DatabaseError } from "@tokenhub/persistence";
import { SecretsFileError } from "./secret-files.ts";

/** Prints why there is no backup, and sets the exit code; a stack is shown for our own faults only. */
export function reportBackupFailure(error: unknown): void {
  const isExpected =
    error instanceof ConfigError || error instanceof DatabaseError || error instanceof SecretsFileError;
  const text = isExpected ? `tokenhub: ${error.message}` : error instanceof Error ? error.stack : error;
  process.stderr.write(`${String(text)}\n`);
  process.exitCode = 1;
}
