import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { answerTokens } from "../scenarios.ts";
import type { LoadPlan } from "./load-plan.ts";
import { runLoad } from "./run-load.ts";

describe("runLoad against a real server", () => {
  test("counts right answers and measures from sending to the last byte", async () => {
    await using server = await serve(async (request, response) => {
      response.end(chatAnswer(await echoOf(request)));
    });
    const result = await load(server.url, { stream: false });
    expect(result).toMatchObject({ errors: 0, errorSamples: [], firstTokenMs: null });
    expect(result.answers).toBeGreaterThan(0);
    expect(result.totalRequests).toBeGreaterThanOrEqual(result.answers);
    expect(result.requestsPerSecond).toBeCloseTo(result.answers / 0.1);
    expect(result.latencyMs.p50).toBeGreaterThan(0);
  });

  test("a wrong answer and an error status are errors, not answers", async () => {
    let count = 0;
    await using server = await serve(async (request, response) => {
      const echo = await echoOf(request);
      count += 1;
      if (count % 2 === 0) response.writeHead(503).end("full");
      else response.end(chatAnswer(echo.replace("order", "parcel")));
    });
    const result = await load(server.url, { stream: false });
    expect(result.answers).toBe(0);
    expect(result.errors).toBe(result.totalRequests);
    expect(result.errorSamples.toSorted()).toEqual(["status 503: full", "the answer has another text"]);
  });

  test("a server that is not there is an error for every request, and the run ends", async () => {
    const gone = await serve(async () => undefined);
    await gone[Symbol.asyncDispose]();
    const result = await load(gone.url, { stream: false });
    expect(result).toMatchObject({ answers: 0, requestsPerSecond: 0 });
    expect(result.errors).toBeGreaterThan(0);
  });

  test("the first token's time is taken when its event is complete, before the rest has come", async () => {
    await using server = await serve(async (request, response) => {
      const [first = "", ...rest] = streamEvents(await echoOf(request));
      response.write(first.slice(0, 40));
      response.write(first.slice(40));
      setTimeout(() => response.end(rest.join("")), 30);
    });
    const result = await load(server.url, { stream: true });
    expect(result).toMatchObject({ errors: 0, textEventsPerStream: answerTokens });
    expect(result.latencyMs.p50 - (result.firstTokenMs?.p50 ?? 0)).toBeGreaterThan(25);
  });
});

function load(origin: string, { stream }: Pick<LoadPlan, "stream">) {
  let sequence = 0;
  const request = { origin, path: "/", headers: { "content-type": "application/json" } };
  const plan = { request, stream, model: "bench-chat-0ms", connections: 2, warmUpMs: 20, measureMs: 100 };
  return runLoad(plan, { nextSequence: () => sequence++ });
}

async function serve(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function echoOf(request: IncomingMessage): Promise<string> {
  const body: { model: string; messages: { content: string }[] } = JSON.parse(await text(request));
  return `Mock answer from ${body.model}: ${body.messages.at(-1)?.content}`;
}

function chatAnswer(content: string): string {
  return JSON.stringify({ choices: [{ message: { content } }], usage: { completion_tokens: answerTokens } });
}

function streamEvents(answer: string): string[] {
  const chunks = [
    ...answer.split(/(?= )/).map((content) => ({ choices: [{ delta: { content } }] })),
    { choices: [{ delta: {}, finish_reason: "stop" }], usage: { completion_tokens: answerTokens } },
  ];
  return [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`), "data: [DONE]\n\n"];
}
