import path from "node:path";
import { backUp } from "./backup/back-up.ts";
import { readBackupArguments } from "./backup/backup-arguments.ts";
import { readInstallation } from "./backup/read-installation.ts";
import { reportBackupFailure } from "./backup/report-backup-failure.ts";

const root = path.dirname(import.meta.dirname);

/** `npm run backup -- [file]`: copies the installation's database, while it runs, into one verified file. */
async function runCommand(): Promise<void> {
  const { words, withSecrets } = readBackupArguments(process.argv.slice(2), {
    usage: "npm run backup -- [file] [--no-secrets]",
    mostWords: 1,
  });
  const installation = await readInstallation({ environment: process.env, root });
  const report = await backUp(installation, {
    targetFile: words[0] === undefined ? null : path.resolve(process.env["INIT_CWD"] ?? root, words[0]),
    withSecrets,
    nowMs: Date.now(),
  });
  for (const line of report) process.stdout.write(`${line}\n`);
}

// The files hold everything that was ever asked for; nobody else on this machine has to read them.
process.umask(0o077);
await runCommand().catch(reportBackupFailure);
