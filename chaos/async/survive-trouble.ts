import { until } from "@tokenhub/testkit";
import { seededRandom } from "../../packages/routing/src/seeded-random.ts";
import { generationCalls } from "../orchestration/generation-calls.ts";
import { startTroubledService, type TroubledService } from "../orchestration/troubled-service.ts";
import { createJobClient } from "./job-client.ts";
import { judgeJobCalls, type Trouble } from "./judge-job-calls.ts";
import { judgeJobs } from "./judge-jobs.ts";
import { judgeWebhooks } from "./judge-webhooks.ts";
import { createTroubleMaker } from "./make-trouble.ts";
import { openAccount } from "./open-account.ts";
import { planJob } from "./plan-job.ts";
import { planTrouble } from "./plan-trouble.ts";
import { openBooks, type Books } from "./read-books.ts";
import type { Outcome } from "./scoreboard.ts";
import { startAsyncSite, type AsyncSite } from "./start-async-site.ts";
import { readAgain, submitJobs } from "./submit-jobs.ts";

export interface SurvivalOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly gateways: 1 | 2;
  readonly kills: number;
  readonly pauses: number;
  readonly redisRestarts: number;
  readonly print: (line: string) => void;
}

const upstreamLatencyMs = 300;
const workers = ["router-worker", "provider-worker", "webhook-worker"];
/** Lost attempts are found, and failed ones made again, within that. */
const settleWithinMs = 180_000;

/** Has jobs submitted while services and Redis die, waits until everything is quiet, and judges what came of it. */
export async function surviveTrouble(options: SurvivalOptions): Promise<Outcome> {
  const { jobs, seed, gateways, print } = options;
  await using stack = new AsyncDisposableStack();
  const random = seededRandom(seed);
  const site = stack.use(await startAsyncSite({ seed, gateways, upstreamLatencyMs }));
  const troubles: Trouble[] = [];
  const onTrouble = (trouble: Trouble): void => {
    troubles.push(trouble);
    print(`  ${trouble.what}`);
  };
  const services = await startServices(stack, { site, onTrouble });
  const account = await openAccount(site);
  const books = stack.use(await openBooks(site));
  const client = createJobClient({
    ...account,
    gatewayUrls: site.gatewayPorts.map((port) => `http://127.0.0.1:${port}`),
    receiverUrl: site.receiver.url,
    keyPrefix: `chaos-${seed}`,
  });
  const plan = planTrouble({ ...options, services: services.length, random });
  const trouble = createTroubleMaker({ plan, services, redis: site.redis, onTrouble, onFailure: (error) => print(`NOT BACK: ${String(error)}`) });
  print(
    `${services.length} processes are up; ${jobs} jobs are submitted, and ${plan.length} times there is trouble`,
  );

  const startedAtMs = performance.now();
  const plans = Array.from({ length: jobs }, (_, number) => planJob(number, random));
  const { submissions, reads } = await submitJobs({
    client,
    plans,
    async onSubmitted(count) {
      if (count % 500 === 0) print(`${count} of ${jobs} jobs are submitted`);
      await trouble.reached(count);
    },
  });
  await trouble.finish();
  await untilQuiet(books, print);
  const secondReads = await readAgain(client, [...reads.keys()]);
  const facts = await books.jobs();
  return {
    jobs: judgeJobs({ submissions, jobs: facts, firstReads: reads, secondReads }),
    calls: judgeJobCalls({ seen: generationCalls(site.mock), jobs: facts, troubles }),
    webhooks: judgeWebhooks({ deliveries: site.receiver.seen, jobs: facts }),
    failedDeliveries: await books.failedDeliveries(),
    reservedNanoUsd: await books.reservedNanoUsd(account.keyId),
    queued: await books.queued(),
    troubles: countOf(troubles),
    seconds: Math.round((performance.now() - startedAtMs) / 1_000),
  };
}

/** Two of each kind, so that one can do the work of the other; of gateways as many as the site has. */
async function startServices(
  stack: AsyncDisposableStack,
  { site, onTrouble }: { readonly site: AsyncSite; readonly onTrouble: (trouble: Trouble) => void },
): Promise<TroubledService[]> {
  const start = async (app: string, name: string, env: Record<string, string> = {}) =>
    stack.use(
      await startTroubledService({
        app,
        name,
        env: { ...site.env, ...env },
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

async function untilQuiet(books: Books, print: (line: string) => void): Promise<void> {
  let last = "";
  await until(
    "every job to end and every webhook to be delivered",
    async () => {
      const { jobs, deliveries } = await books.open();
      last = `${jobs} jobs and ${deliveries} deliveries are open`;
      return jobs + deliveries === 0;
    },
    settleWithinMs,
  ).catch((error: unknown) => print(`NOT QUIET: ${String(error)}; ${last}`));
  await until("the queues to be empty", async () => (await books.queued()) === 0, 30_000).catch(
    () => undefined,
  );
}

function countOf(troubles: readonly Trouble[]): Record<string, number> {
  const kindOf = ({ what }: Trouble): string =>
    what.startsWith("Redis") ? what : what.includes("paused") ? "processes paused" : "processes killed";
  const kinds = Object.entries(Object.groupBy(troubles, kindOf));
  return Object.fromEntries(kinds.map(([kind, those]) => [kind, those?.length ?? 0]));
}
