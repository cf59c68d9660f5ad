import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { distributionOf } from "./distribution.ts";
import type { Distribution } from "./load-plan.ts";

/** A load of requests that are all the same and whose answers only have to have one status. */
export interface SubmitPlan {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly expectedStatus: number;
  readonly connections: number;
  readonly warmUpMs: number;
  /** The measurement ends after so long, or after `requestsMax`. */
  readonly measureMs: number;
  readonly requestsMax: number;
}

export interface SubmitResult {
  readonly accepted: number;
  readonly errors: readonly string[];
  readonly perSecond: number;
  readonly latencyMs: Distribution;
  /** Share of one core that the generator itself used. */
  readonly generatorCpuShare: number;
}

const mostErrors = 5;

/**
 * Closed loop over plain sockets: every connection sends the next request when it has the answer to the one before. What the
 * generator does with an answer is next to nothing, because it shares the cores with what is measured.
 */
export async function runSubmitLoad(plan: SubmitPlan): Promise<SubmitResult> {
  const { hostname, port } = new URL(plan.origin);
  const request = requestBytes(plan, hostname);
  const startedAt = performance.now();
  const measureFrom = startedAt + plan.warmUpMs;
  const measureUntil = measureFrom + plan.measureMs;
  const cpuAtStart = process.cpuUsage();
  const latencies: number[] = [];
  const errors = new Set<string>();
  let sent = 0;

  async function runConnection(): Promise<void> {
    const socket = connect(Number(port), hostname).setNoDelay(true);
    await once(socket, "connect");
    try {
      const answers = createAnswerReader(socket);
      while (performance.now() < measureUntil && sent < plan.requestsMax) {
        sent += 1;
        const sentAt = performance.now();
        socket.write(request);
        const answer = await answers();
        const now = performance.now();
        if (answer.status !== plan.expectedStatus) {
          if (errors.size < mostErrors) errors.add(`${answer.status}: ${answer.head.slice(0, 200)}`);
        } else if (now >= measureFrom) latencies.push(now - sentAt);
      }
    } finally {
      socket.destroy();
    }
  }

  await Promise.all(Array.from({ length: plan.connections }, runConnection));
  const { user, system } = process.cpuUsage(cpuAtStart);
  const endedAt = performance.now();
  return {
    accepted: latencies.length,
    errors: [...errors],
    perSecond: (latencies.length * 1_000) / (Math.min(endedAt, measureUntil) - measureFrom),
    latencyMs: distributionOf(latencies),
    generatorCpuShare: (user + system) / 1_000 / (endedAt - startedAt),
  };
}

function requestBytes({ path, headers, body }: SubmitPlan, hostname: string): Buffer {
  const lines = Object.entries({
    host: hostname,
    ...headers,
    "content-length": String(Buffer.byteLength(body)),
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n${body}`);
}

interface SeenAnswer {
  readonly status: number;
  readonly head: string;
}

/** Reads answers with a `content-length`, one after the other. */
function createAnswerReader(socket: Socket): () => Promise<SeenAnswer> {
  let received = "";
  let resolve: ((answer: SeenAnswer) => void) | null = null;
  let reject: ((error: Error) => void) | null = null;
  socket.on("data", (bytes: Buffer) => {
    received += bytes.toString("latin1");
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = received.slice(0, headEnd);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? "0");
    if (received.length < headEnd + 4 + length) return;
    received = received.slice(headEnd + 4 + length);
    resolve?.({ status: Number(head.slice(9, 12)), head });
  });
  socket.on("error", (error) => reject?.(error));
  socket.on("close", () => reject?.(new Error("the connection was closed")));
  return () =>
    new Promise<SeenAnswer>((onAnswer, onError) => {
      resolve = onAnswer;
      reject = onError;
    });
}
