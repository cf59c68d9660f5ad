import path from "node:path";
import { readBackupArguments } from "./backup/backup-arguments.ts";
import { reportBackupFailure } from "./backup/report-backup-failure.ts";
import { restore } from "./backup/restore.ts";

const root = path.dirname(import.meta.dirname);

/** `npm run restore -- <file> <folder>`: makes a data folder from a backup. */
async function runCommand(): Promise<void> {
  const usage = "npm run restore -- <backup file> <empty folder> [--no-secrets]";
  const { words, withSecrets } = readBackupArguments(process.argv.slice(2), {
    usage,
    leastWords: 2,
    mostWords: 2,
  });
  const [sourceFile = "", targetFolder = ""] = words.map((word) =>
    path.resolve(process.env["INIT_CWD"] ?? root, word),
  );
  const report = await restore({ sourceFile, targetFolder, withSecrets });
  for (const line of report) process.stdout.write(`${line}\n`);
}

process.umask(0o077);
await runCommand().catch(reportBackupFailure);
