import { setTimeout as delay } from "node:timers/promises";
import { Client } from "undici";
import { distributionOf } from "../load/distribution.ts";
import { exchange } from "../load/exchange.ts";
import type { Distribution, RequestShape } from "../load/load-plan.ts";
import { questionsFor } from "../load/question.ts";

export interface BatchAcceptResult {
  readonly lines: number;
  readonly inputMb: number;
  /** From the first byte of the upload until the batch is in progress; one value for each round. */
  readonly acceptedAfterMs: readonly number[];
  /** Of that, from the creation of the batch on. */
  readonly checkedAfterMs: readonly number[];
  /** Of chats that nothing else runs beside. */
  readonly aloneMs: Distribution;
  /** Of chats that began while a file was uploaded or checked. */
  readonly besideMs: Distribution;
  readonly besideCount: number;
  readonly failedChats: number;
}

export interface BatchAcceptOptions {
  /** Where chats go; batches are sent to the same gateway. */
  readonly chat: RequestShape;
  readonly model: string;
  /** Of the batch's lines; slow, so that what is measured is their acceptance. */
  readonly batchModel: string;
  readonly lines: number;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** Chats a second, over all connections. */
const chatConnections = 4;
const chatPauseMs = 40;
const warmUpMs = 3_000;
const aloneMs = 5_000;
const pollMs = 20;
const longestMs = 60_000;

interface Sample {
  readonly beganAt: number;
  readonly latencyMs: number;
}

/** Uploads a file of many lines again and again, while somebody chats, and looks at both. */
export async function measureBatchAccept(options: BatchAcceptOptions): Promise<BatchAcceptResult> {
  const { chat, model, batchModel, lines, rounds, say } = options;
  // Made once: chats are measured in this process, too.
  const input = new Blob([inputOf(lines, batchModel)]);
  const chatting = startChats({ chat, model });
  const accepted: number[] = [];
  const checked: number[] = [];
  const windows: { readonly from: number; readonly to: number }[] = [];
  await delay(warmUpMs);
  for (let round = 1; round <= rounds; round += 1) {
    await delay(aloneMs);
    const from = performance.now();
    const outcome = await acceptOnce(chat, input);
    windows.push({ from, to: performance.now() });
    accepted.push(outcome.acceptedAfterMs);
    checked.push(outcome.checkedAfterMs);
    say(`round ${round}/${rounds}: in progress after ${outcome.acceptedAfterMs.toFixed(0)} ms`);
    await cancelAndWait(chat, outcome.batchId);
  }
  const { samples, failed } = await chatting.stop();
  const isBeside = ({ beganAt }: Sample) => windows.some(({ from, to }) => beganAt >= from && beganAt < to);
  const isAlone = ({ beganAt }: Sample) =>
    windows.some(({ from }) => beganAt >= from - aloneMs && beganAt < from - 500);
  const latencies = (some: readonly Sample[]) => some.map(({ latencyMs }) => latencyMs);
  const beside = samples.filter(isBeside);
  return {
    lines,
    inputMb: input.size / 1_048_576,
    acceptedAfterMs: accepted,
    checkedAfterMs: checked,
    aloneMs: distributionOf(latencies(samples.filter(isAlone))),
    besideMs: distributionOf(latencies(beside)),
    besideCount: beside.length,
    failedChats: failed,
  };
}

function inputOf(lines: number, model: string): string {
  return Array.from({ length: lines }, (_, at) =>
    JSON.stringify({
      custom_id: `request-${at}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: {
        model,
        messages: [{ role: "user", content: `Question ${at}. ${"Answer in one sentence. ".repeat(15)}` }],
      },
    }),
  ).join("\n");
}

function startChats({ chat, model }: Pick<BatchAcceptOptions, "chat" | "model">) {
  const questionFor = questionsFor({ model, stream: false });
  const samples: Sample[] = [];
  let failed = 0;
  let sequence = 1_000_000;
  let isOver = false;
  const runConnection = async (): Promise<void> => {
    const client = new Client(chat.origin, { pipelining: 1 });
    while (!isOver) {
      sequence += 1;
      const beganAt = performance.now();
      const outcome = await exchange(client, { request: chat, question: questionFor(sequence) });
      if (outcome.problem === null) samples.push({ beganAt, latencyMs: outcome.latencyMs });
      else failed += 1;
      await delay(chatPauseMs);
    }
    await client.destroy();
  };
  const running = Promise.all(Array.from({ length: chatConnections }, runConnection));
  return {
    async stop() {
      isOver = true;
      await running;
      return { samples, failed };
    },
  };
}

async function acceptOnce(chat: RequestShape, input: Blob) {
  const beganAt = performance.now();
  const form = new FormData();
  form.append("purpose", "batch");
  form.append("file", input, "input.jsonl");
  const file = await ask(chat, { method: "POST", path: "/v1/files", body: form });
  const createdAt = performance.now();
  const asked = { input_file_id: file["id"], endpoint: "/v1/chat/completions", completion_window: "24h" };
  const batch = await ask(chat, { method: "POST", path: "/v1/batches", body: JSON.stringify(asked) });
  const batchId = String(batch["id"]);
  await untilStatus(chat, batchId, (status) => status !== "validating");
  const now = performance.now();
  return { batchId, acceptedAfterMs: now - beganAt, checkedAfterMs: now - createdAt };
}

async function cancelAndWait(chat: RequestShape, batchId: string): Promise<void> {
  await ask(chat, { method: "POST", path: `/v1/batches/${batchId}/cancel` });
  await untilStatus(chat, batchId, (status) => status === "cancelled" || status === "completed");
}

async function untilStatus(
  chat: RequestShape,
  batchId: string,
  isIt: (status: unknown) => boolean,
): Promise<void> {
  const giveUpAt = performance.now() + longestMs;
  for (;;) {
    const { status, errors } = await ask(chat, { method: "GET", path: `/v1/batches/${batchId}` });
    if (status === "failed") throw new Error(`The batch failed: ${JSON.stringify(errors)}`);
    if (isIt(status)) return;
    if (performance.now() > giveUpAt) throw new Error(`The batch is still ${String(status)}.`);
    await delay(pollMs);
  }
}

async function ask(
  chat: RequestShape,
  {
    method,
    path,
    body,
  }: { readonly method: "GET" | "POST"; readonly path: string; readonly body?: string | FormData },
): Promise<Record<string, unknown>> {
  const { authorization = "" } = chat.headers;
  const type = typeof body === "string" ? { "content-type": "application/json" } : {};
  const answer = await fetch(chat.origin + path, {
    method,
    headers: { authorization, ...type },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as Record<string, unknown>;
}
