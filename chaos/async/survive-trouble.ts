import { seededRandom } from "../../packages/routing/src/seeded-random.ts";
import {
  startTroubledService,
  type TroubledService,
  type TroubledServiceOptions,
} from "../orchestration/troubled-service.ts";
import { createJobClient } from "./job-client.ts";
import type { Trouble } from "./judge-job-calls.ts";
import { judgeSite } from "./judge-site.ts";
import { createTroubleMaker } from "./make-trouble.ts";
import { openAccount } from "./open-account.ts";
import { planJob } from "./plan-job.ts";
import { planTrouble } from "./plan-trouble.ts";
import { openBooks } from "./read-books.ts";
import type { Outcome } from "./scoreboard.ts";
import { startAsyncSite, type AsyncSite } from "./start-async-site.ts";
import { submitJobs } from "./submit-jobs.ts";

export interface SurvivalOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly gateways: 1 | 2;
  readonly kills: number;
  readonly pauses: number;
  readonly redisRestarts: number;
  /** After how long an attempt to deliver a webhook counts as lost, e.g. `10s`. */
  readonly lostAfter: string;
  readonly print: (line: string) => void;
}

const upstreamLatencyMs = 300;
const workers = ["router-worker", "provider-worker", "webhook-worker"];

/** Has jobs submitted while services and Redis die, waits until everything is quiet, and judges what came of it. */
export async function surviveTrouble(options: SurvivalOptions): Promise<Outcome> {
  const { jobs, seed, print } = options;
  await using stack = new AsyncDisposableStack();
  const random = seededRandom(seed);
  const site = stack.use(await startAsyncSite({ ...options, upstreamLatencyMs }));
  const troubles: Trouble[] = [];
  const onTrouble = (trouble: Trouble): void => {
    troubles.push(trouble);
    print(`  ${trouble.what}`);
  };
  const selfEnded: string[] = [];
  const onSelfEnded = ({ name, output }: { readonly name: string; readonly output: string }): void => {
    selfEnded.push(name);
    print(`  ${name} ENDED BY ITSELF: ${output.slice(-3_000)}`);
  };
  const services = await startServices(stack, { site, onTrouble, onSelfEnded });
  const account = await openAccount(site);
  const books = stack.use(await openBooks(site));
  const client = createJobClient({
    ...account,
    gatewayUrls: site.gatewayPorts.map((port) => `http://127.0.0.1:${port}`),
    receiverUrl: site.receiver.url,
    keyPrefix: `chaos-${seed}`,
  });
  const plan = planTrouble({ ...options, services: services.length, random });
  const trouble = createTroubleMaker({
    plan,
    services,
    redis: site.redis,
    onTrouble,
    onFailure: (error) => print(`NOT BACK: ${String(error)}`),
  });
  print(
    `${services.length} processes are up; ${jobs} jobs are submitted, and ${plan.length} times there is trouble`,
  );

  const startedAtMs = performance.now();
  const plans = Array.from({ length: jobs }, (_, number) => planJob(number, random));
  const submitted = await submitJobs({
    client,
    plans,
    async onSubmitted(count) {
      if (count % 500 === 0) print(`${count} of ${jobs} jobs are submitted`);
      await trouble.reached(count);
    },
  });
  await trouble.finish();
  const judged = await judgeSite({
    site,
    account,
    books,
    client,
    submitted,
    troubles,
    print,
  });
  for (const service of services)
    for (const [line, times] of failuresIn(service.output()))
      print(`  ${service.name} wrote ${times} times: ${line}`);
  return {
    ...judged,
    selfEnded,
    troubles: countOf(troubles),
    seconds: Math.round((performance.now() - startedAtMs) / 1_000),
  };
}

/** Two of each kind, so that one can do the work of the other; of gateways as many as the site has. */
async function startServices(
  stack: AsyncDisposableStack,
  {
    site,
    onTrouble,
    onSelfEnded,
  }: { readonly site: AsyncSite; readonly onTrouble: (trouble: Trouble) => void } & Pick<
    TroubledServiceOptions,
    "onSelfEnded"
  >,
): Promise<TroubledService[]> {
  const start = async (app: string, name: string, env: Record<string, string> = {}) =>
    stack.use(
      await startTroubledService({
        app,
        name,
        env: { ...site.env, ...env },
        ...(onSelfEnded === undefined ? {} : { onSelfEnded }),
        onDisruption: (disruption) =>
          onTrouble({ ...disruption, costs: app === "provider-worker" ? "call" : "nothing" }),
      }),
    );
  const services: TroubledService[] = [];
  for (const [index, port] of site.gatewayPorts.entries())
    services.push(await start("gateway", `gateway ${index + 1}`, { TOKENHUB_PORT: String(port) }));
  for (const app of workers)
    services.push(...(await Promise.all([1, 2].map((number) => start(app, `${app} ${number}`)))));
  return services;
}

const longestLine = 700;

/** Requests that a gateway failed to handle, without what differs from line to line. */
function failuresIn(output: string): Map<string, number> {
  const lines = output.split("\n").filter((line) => line.includes(`"msg":"request failed"`));
  const told = lines.map((line) =>
    line.replaceAll(/"time":"[^"]*"|req_[0-9a-z]+/g, "...").slice(0, longestLine),
  );
  return new Map([...Map.groupBy(told, (line) => line)].map(([line, those]) => [line, those.length]));
}

function countOf(troubles: readonly Trouble[]): Record<string, number> {
  const kindOf = ({ what }: Trouble): string =>
    what.startsWith("Redis") ? what : what.includes("paused") ? "processes paused" : "processes killed";
  const kinds = Object.entries(Object.groupBy(troubles, kindOf));
  return Object.fromEntries(kinds.map(([kind, those]) => [kind, those?.length ?? 0]));
}
