import process from "node:process";
import { runLongFuzz } from "../../test/fuzz/long-fuzz.ts";

const usage = `npm run fuzz [-- --requests=100000 --seed=1 --connections=32 --minutes=14]

Sends generated requests to every endpoint of a whole installation in this process and fails on every answer that is a
fault of ours. The same seed makes the same requests.`;

const given = new Map(
  process.argv.slice(2).map((argument) => {
    const [name = "", value = ""] = argument.replace(/^--/, "").split("=");
    return [name, value] as const;
  }),
);
const known = new Set(["requests", "seed", "connections", "minutes"]);

function numberOf(name: string, fallback: number): number {
  const value = Number(given.get(name) ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a whole number above 0.\n`);
  process.exit(2);
}

if ([...given.keys()].some((name) => !known.has(name))) {
  process.stdout.write(`${usage}\n`);
  process.exit(2);
}

const options = {
  requests: numberOf("requests", 100_000),
  seed: numberOf("seed", Math.trunc(Date.now() / 1_000)),
  connections: numberOf("connections", 32),
  limitMs: numberOf("minutes", 14) * 60_000,
  print: (line: string) => void process.stdout.write(`${line}\n`),
};
const isClean = await runLongFuzz(options);
process.exitCode = isClean ? 0 : 1;
