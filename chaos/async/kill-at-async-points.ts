import { startServiceProcess, until, type ServiceProcess } from "@tokenhub/testkit";
import { startCommandTrap } from "../orchestration/command-trap.ts";
import { createJobClient } from "./job-client.ts";
import { judgeSite } from "./judge-site.ts";
import { asyncKillPoints, type AsyncKillPoint } from "./kill-points.ts";
import { openAccount } from "./open-account.ts";
import { planJob, type JobPlan } from "./plan-job.ts";
import { openBooks } from "./read-books.ts";
import { scoreboardOf, type Scoreboard } from "./scoreboard.ts";
import { startAsyncSite } from "./start-async-site.ts";
import { submitJobs } from "./submit-jobs.ts";

const upstreamLatencyMs = 200;
const apps = ["gateway", "router-worker", "provider-worker", "webhook-worker"];
/** It gets to no point by itself. */
const warmUpPlan = planJob(0, () => 0.999);
const preload = new URL("./die-at-statement.ts", import.meta.url).href;

/**
 * For every named point: jobs are submitted, the process dies exactly there, another takes its place. False when anything is
 * lost or done twice: no point may cost a call.
 */
export async function killAtAsyncPoints({
  wanted,
  seed,
  print,
}: {
  /** Only points whose name holds this text. */
  readonly wanted: string;
  readonly seed: number;
  readonly print: (line: string) => void;
}): Promise<boolean> {
  let isClean = true;
  for (const point of asyncKillPoints.filter(({ name }) => name.includes(wanted))) {
    const board = await killAt(point, { seed, print });
    isClean &&= board.isClean;
    print(`${board.isClean ? "ok  " : "BAD "} ${point.name}`);
    if (!board.isClean) for (const line of board.lines) print(`     ${line}`);
  }
  return isClean;
}

async function killAt(
  point: AsyncKillPoint,
  { seed, print }: { readonly seed: number; readonly print: (line: string) => void },
): Promise<Scoreboard> {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startAsyncSite({ seed, gateways: 1, upstreamLatencyMs, lostAfter: "4s" }));
  const start = async (app: string, env: Record<string, string> = {}): Promise<ServiceProcess> =>
    stack.use(
      await startServiceProcess(app, {
        ...site.env,
        ...(app === "gateway" ? { TOKENHUB_PORT: String(site.gatewayPorts[0]) } : {}),
        ...env,
      }),
    );
  const trap = await setTrap(stack, { point, redisPort: site.redis.port });
  const processes = new Map<string, ServiceProcess>();
  for (const app of apps) processes.set(app, await start(app, app === point.app ? trap.env : {}));
  const account = await openAccount(site);
  const books = stack.use(await openBooks(site));
  const client = createJobClient({
    ...account,
    gatewayUrls: [`http://127.0.0.1:${site.gatewayPorts[0]}`],
    receiverUrl: site.receiver.url,
    keyPrefix: `chaos-${seed}`,
  });
  const submitOnly = (plans: readonly JobPlan[]) =>
    submitJobs({ client, plans, onSubmitted: () => Promise.resolve() });
  // Brings scripts to Redis, so that the trap meets the command itself and not a first attempt.
  const before = await submitOnly([warmUpPlan]);
  await until("the warm-up to be over", async () => (await books.open()).deliveries === 0, 30_000);

  const victim = processes.get(point.app);
  if (victim === undefined) throw new Error(`${point.app} is not running`);
  trap.arm(victim.pid);
  const underWay = submitOnly([1, 2, 3].map((number) => planOfPoint(number, point)));
  await Promise.race([trap.sprung, victim.ended]);
  await victim.kill();
  await start(point.app);
  const after = await underWay;
  const submitted = {
    submissions: [...before.submissions, ...after.submissions],
    reads: new Map([...before.reads, ...after.reads]),
  };
  const judged = await judgeSite({ site, account, books, client, submitted, troubles: [], print });
  const board = scoreboardOf({ ...judged, selfEnded: [], troubles: {}, seconds: 0 });
  const isAnswered = judged.jobs.unheard === 0 || point.isUnheard === true;
  return isAnswered ? board : { lines: [...board.lines, "  SENT, AND NOT ANSWERED"], isClean: false };
}

function planOfPoint(number: number, { isUnheard = false }: AsyncKillPoint): JobPlan {
  const hasKey = isUnheard && number > 1;
  return { ...warmUpPlan, number, hasKey, webhookPath: "/own/1" };
}

interface PointTrap {
  /** For the process that is to die. */
  readonly env: Record<string, string>;
  readonly arm: (pid: number) => void;
  readonly sprung: Promise<void>;
}

async function setTrap(
  stack: AsyncDisposableStack,
  { point, redisPort }: { readonly point: AsyncKillPoint; readonly redisPort: number },
): Promise<PointTrap> {
  const { text, when } = point;
  if (point.at === "sql") {
    const env = { NODE_OPTIONS: `--import=${preload}`, CHAOS_DIE_AT: JSON.stringify({ text, when }) };
    const arm = (pid: number): void => void process.kill(pid, "SIGUSR2");
    return { env, arm, sprung: new Promise(() => undefined) };
  }
  const trap = stack.use(await startCommandTrap({ redisPort, command: text, when }));
  return { env: { REDIS_URL: `redis://127.0.0.1:${trap.port}` }, arm: () => trap.arm(), sprung: trap.sprung };
}
