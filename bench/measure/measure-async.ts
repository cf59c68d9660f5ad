import { Redis } from "ioredis";
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { distributionOf } from "../load/distribution.ts";
import type { Distribution } from "../load/load-plan.ts";
import { submitLoad } from "../load/submit-client.ts";
import type { SubmitPlan, SubmitResult } from "../load/submit-load.ts";
import { readProcessUsages } from "../processes/process-usage.ts";
import type { Target } from "../targets/target.ts";

/** What a submission costs, over all of a target's processes. */
export interface AcceptRate extends SubmitResult {
  /** Milliseconds of processor time per accepted job, by process. */
  readonly cpuMsPerJob: Readonly<Record<string, number>>;
}

/** Ways in which jobs are submitted. */
export type SubmitWay = "prefer" | "jobs-api" | "jobs-api-later";

export async function measureAcceptRate(
  target: Target,
  {
    way,
    model,
    signal,
    ...load
  }: {
    readonly way: SubmitWay;
    readonly model: string;
    readonly signal: AbortSignal;
  } & Pick<SubmitPlan, "connections" | "warmUpMs" | "measureMs" | "requestsMax">,
): Promise<AcceptRate> {
  const before = readProcessUsages(target.processes) ?? [];
  const result = await submitLoad({ ...submissionOf(target, { way, model }), ...load }, signal);
  const after = readProcessUsages(target.processes) ?? [];
  const shares = target.processes.map(({ name }, position) => {
    const usedMs = (after[position]?.cpuMs ?? Number.NaN) - (before[position]?.cpuMs ?? Number.NaN);
    return [name, usedMs / result.accepted] as const;
  });
  return { ...result, cpuMsPerJob: Object.fromEntries(shares) };
}

function submissionOf(target: Target, { way, model }: { way: SubmitWay; model: string }) {
  const { origin, headers } = target.request;
  const chat = { model, messages: [{ role: "user", content: "Say hello to the queue that loses nothing." }] };
  const own = { origin, expectedStatus: 202 };
  if (way === "prefer")
    return {
      ...own,
      path: "/v1/chat/completions",
      headers: { ...headers, prefer: "respond-async" },
      body: JSON.stringify(chat),
    };
  const later = way === "jobs-api-later" ? { not_before: Math.floor(Date.now() / 1_000) + 3_600 } : {};
  return {
    ...own,
    path: "/v1/jobs",
    headers,
    body: JSON.stringify({ endpoint: "/v1/chat/completions", body: chat, ...later }),
  };
}

/** Bytes of Redis that each of many waiting jobs takes. */
export async function measureQueuedMemory(
  target: Target,
  {
    redisUrl,
    jobs,
    model,
    signal,
  }: {
    readonly redisUrl: string;
    readonly jobs: number;
    readonly model: string;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly bytesPerJob: number; readonly bytesBefore: number; readonly bytesAfter: number }> {
  const redis = new Redis(redisUrl);
  try {
    const bytesBefore = await usedBytes(redis);
    const plan = { connections: 64, warmUpMs: 0, measureMs: 600_000, requestsMax: jobs };
    await submitLoad({ ...submissionOf(target, { way: "prefer", model }), ...plan }, signal);
    await delay(2_000);
    const bytesAfter = await usedBytes(redis);
    return { bytesPerJob: (bytesAfter - bytesBefore) / jobs, bytesBefore, bytesAfter };
  } finally {
    redis.disconnect();
  }
}

async function usedBytes(redis: Redis): Promise<number> {
  const info = await redis.info("memory");
  return Number(/used_memory:(\d+)/.exec(info)?.[1] ?? Number.NaN);
}

/** How long after the end of its job a webhook reaches its receiver, jobs one after the other and some at once. */
export async function measureWebhookDelay(
  target: Target,
  { jobs, jobsAtOnce, model }: { readonly jobs: number; readonly jobsAtOnce: number; readonly model: string },
): Promise<Distribution> {
  const { origin, headers } = target.request;
  const arrivals = new Map<string, number>();
  await using receiver = await startReceiver((jobId) => arrivals.set(jobId, Date.now()));
  const delaysMs: number[] = [];
  let begun = 0;
  const oneAfterTheOther = async (): Promise<void> => {
    while (begun++ < jobs) {
      const { statusCode, body } = await request(`${origin}/v1/jobs`, {
        method: "POST",
        headers,
        body: JSON.stringify({
          endpoint: "/v1/chat/completions",
          body: { model, messages: [{ role: "user", content: "Hello" }] },
          webhook: receiver.url,
        }),
      });
      const text = await body.text();
      if (statusCode !== 202) throw new Error(`A job was answered ${statusCode}: ${text}`);
      const { id } = JSON.parse(text) as { readonly id: string };
      const endedAtMs = await endOf(`${origin}/v1/jobs/${id}`, headers);
      while (!arrivals.has(id)) await delay(5);
      delaysMs.push((arrivals.get(id) ?? Number.NaN) - endedAtMs);
    }
  };
  await Promise.all(Array.from({ length: jobsAtOnce }, oneAfterTheOther));
  return distributionOf(delaysMs);
}

/** When a job's long poll was answered, which is when its end was in the database, a few milliseconds after it. */
async function endOf(url: string, headers: Readonly<Record<string, string>>): Promise<number> {
  const { body } = await request(`${url}?wait=60`, { headers });
  await body.text();
  return Date.now();
}

async function startReceiver(onJob: (jobId: string) => void) {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as {
        readonly data: { readonly id: string };
      };
      onJob(data.id);
      outgoing.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
