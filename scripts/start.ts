import { randomBytes } from "node:crypto";
import path from "node:path";
import { parseArguments } from "@tokenhub/config";
import { print, reportFailure, runUntilStopped, tolerateClosedOutput } from "./start/run-until-stopped.ts";
import { serviceDefinitions } from "./start/service-specs.ts";
import { usageText } from "./start/usage-text.ts";

const root = path.dirname(import.meta.dirname);

tolerateClosedOutput();
await runCommand().catch(reportFailure);

async function runCommand(): Promise<void> {
  const { configPath, generateKey, help } = parseArguments(process.argv.slice(2));
  if (generateKey) {
    const hint = "Set TOKENHUB_ENCRYPTION_KEY to this key and keep a copy in a safe place.";
    print(`${randomBytes(32).toString("hex")}\n${hint}`);
  } else if (help) {
    print(usageText);
  } else {
    await runUntilStopped({ configFile: configPath, root, services: serviceDefinitions(root) });
  }
}
