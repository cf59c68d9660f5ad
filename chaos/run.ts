import process from "node:process";
import { runAsyncChaos } from "./async/run-async-chaos.ts";
import { runOrchestrationChaos } from "./orchestration/run-orchestration-chaos.ts";

const usage = `npm run chaos -- orchestration [--runs=300] [--seed=1] [--kill-every-ms=900] [--points=provider]
npm run chaos -- async [--jobs=5000] [--seed=1] [--gateways=1] [--points=gateway]

  orchestration  adversarial and vote runs against the mock provider while gateways, routers, orchestrators and provider
                 workers are killed or paused at random and Redis is restarted; then a kill at each named point. Fails when a
                 run does not finish, a call is made again after its result was stored, or an extra call has no kill to blame.
                 --points=TEXT: only the named points whose name holds the text, without the random kills.
  async          jobs with webhooks to a receiver that fails often, while gateways and workers are killed or paused, Redis is
                 restarted and once loses all its data; then a kill at each named point. Fails when an accepted job does not
                 end, an answer is not its own, a call has no explanation, or a webhook is not delivered under its one id.
                 --gateways=2 runs two gateways over PostgreSQL, which must be installed.`;

const [experiment = "", ...rest] = process.argv.slice(2);
const given = new Map(
  rest.map((argument) => {
    const [name = "", value = ""] = argument.replace(/^--/, "").split("=");
    return [name, value] as const;
  }),
);
const options: Readonly<Record<string, readonly string[]>> = {
  orchestration: ["runs", "seed", "kill-every-ms", "points"],
  async: ["jobs", "seed", "gateways", "points"],
};
const known = new Set(options[experiment]);

function numberOf(name: string, fallback: number): number {
  const value = Number(given.get(name) ?? fallback);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} must be a whole number above 0.\n`);
  process.exit(2);
}

if (options[experiment] === undefined || [...given.keys()].some((name) => !known.has(name))) {
  process.stdout.write(`${usage}\n`);
  process.exit(2);
}

const common = {
  seed: numberOf("seed", 1),
  points: given.get("points") ?? "",
  print: (line: string) => void process.stdout.write(`${line}\n`),
};
const isClean =
  experiment === "async"
    ? await runAsyncChaos({
        ...common,
        jobs: numberOf("jobs", 5_000),
        gateways: numberOf("gateways", 1) === 1 ? 1 : 2,
      })
    : await runOrchestrationChaos({
        ...common,
        runs: numberOf("runs", 300),
        killEveryMs: numberOf("kill-every-ms", 900),
      });
process.exitCode = isClean ? 0 : 1;
