// `npm run scan`: looks for credentials and dangerous calls in everything that git keeps. Exit code 1 when it finds any.
import path from "node:path";
import { scanRepository } from "./security-scan/scan-repository.ts";

const { files, findings } = await scanRepository(path.dirname(import.meta.dirname));
for (const { path: file, line, ruleId, because } of findings)
  process.stderr.write(`${file}:${line}: ${ruleId}: this ${because}.\n`);
process.stdout.write(`security scan: ${files} files, ${findings.length} findings\n`);
process.exitCode = findings.length === 0 ? 0 : 1;
