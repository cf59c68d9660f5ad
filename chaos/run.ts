import process from "node:process";
import { runOrchestrationChaos } from "./orchestration/run-orchestration-chaos.ts";

const usage = `npm run chaos -- orchestration [--runs=300] [--seed=1] [--kill-every-ms=900] [--points=provider]

  orchestration  adversarial and vote runs against the mock provider while gateways, routers, orchestrators and provider
                 workers are killed or paused at random and Redis is restarted; then a kill at each named point. Fails when a
                 run does not finish, a call is made again after its result was stored, or an extra call has no kill to blame.
                 --points=TEXT: only the named points whose name holds the text, without the random kills.`;

const [experiment = "", ...rest] = process.argv.slice(2);
const given = new Map(
  rest.map((argument) => {
    const [name = "", value = ""] = argument.replace(/^--/, "").split("=");
    return [name, value] as const;
  }),
);
const known = new Set(["runs", "seed", "kill-every-ms", "points"]);

function numberOf(name: string, fallback: number): number {
  const value = Number(given.get(name) ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a whole number above 0.\n`);
  process.exit(2);
}

if (experiment !== "orchestration" || [...given.keys()].some((name) => !known.has(name))) {
  process.stdout.write(`${usage}\n`);
  process.exit(2);
}

const isClean = await runOrchestrationChaos({
  runs: numberOf("runs", 300),
  seed: numberOf("seed", 1),
  killEveryMs: numberOf("kill-every-ms", 900),
  points: given.get("points") ?? "",
  print: (line) => void process.stdout.write(`${line}\n`),
});
process.exitCode = isClean ? 0 : 1;
