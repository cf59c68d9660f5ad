// `npm run smoke`: runs the documented examples against a TokenHub of its own. Exit code 0 when none failed.
import path from "node:path";
import { runSmoke } from "./smoke/run-smoke.ts";

const outcomes = await runSmoke({
  root: path.dirname(import.meta.dirname),
  print: (line) => void process.stdout.write(`${line}\n`),
  limitMs: 60_000,
});
const count = (state: string): number => outcomes.filter((outcome) => outcome.state === state).length;
process.stdout.write(`${count("ok")} ok, ${count("failed")} failed\n`);
process.exitCode = count("failed") === 0 ? 0 : 1;
