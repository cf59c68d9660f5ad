import path from "node:path";
import { request } from "undici";
import { findFreePort } from "../../scripts/start/free-port.ts";
import { answersOk } from "../processes/answers-ok.ts";
import { startChild } from "../processes/child-process.ts";
import { cleanEnvironment } from "../processes/clean-environment.ts";
import { upstreamPlans } from "../scenarios.ts";
import type { TargetContext } from "./target.ts";

/** The mock provider that every target calls. */
export interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  /** How many calls it has had so far. */
  countCalls(): Promise<number>;
}

/** Starts apps/mock-llm with a plan for each bench model. */
export async function startUpstream(context: Omit<TargetContext, "upstreamUrl">): Promise<Upstream> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild(
    {
      name: "upstream",
      command: process.execPath,
      args: [path.join(context.root, "apps", "mock-llm", "src", "main.ts")],
      environment: {
        ...cleanEnvironment(),
        TOKENHUB_MOCK_PORT: String(port),
        TOKENHUB_MOCK_LOG_BODIES: "false",
        TOKENHUB_MOCK_LOG_CALLS: "1000",
      },
      workingFolder: context.root,
      logFile: path.join(context.workFolder, "upstream.log"),
      isReady: () => answersOk(`${url}/__mock/health`),
    },
    context,
  );
  for (const [model, plan] of Object.entries(upstreamPlans)) await putPlan(url, { model, plan });
  return {
    url,
    pid: child.pid,
    countCalls: () => readCallCount(url),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

async function putPlan(
  url: string,
  { model, plan }: { readonly model: string; readonly plan: unknown },
): Promise<void> {
  const { statusCode, body } = await request(`${url}/__mock/plans/${model}`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(plan),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`The upstream refused the plan of ${model}: ${text}`);
}

async function readCallCount(url: string): Promise<number> {
  const { body } = await request(`${url}/__mock/health`);
  const health: unknown = await body.json();
  const calls = typeof health === "object" && health !== null ? Reflect.get(health, "calls") : null;
  if (typeof calls !== "number") throw new Error("The upstream does not say how many calls it had.");
  return calls;
}
