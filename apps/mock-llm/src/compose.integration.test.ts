import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { APIConnectionError } from "openai";
import { describe, expect, it } from "vitest";
import { compose } from "./compose.ts";
import { collect, failureOf, openAiClient } from "./testing/clients.ts";

const request = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };

describe("starting and stopping", () => {
  it("runs several mocks at once that share nothing", async () => {
    await using first = await compose({ port: 0 });
    await using second = await compose({ port: 0 });
    first.plan("m", { text: "first" });
    const answers = await Promise.all(
      [first, second].map((mock) => openAiClient(mock).chat.completions.create(request)),
    );
    expect(answers.map((answer) => answer.choices[0]?.message.content)).toEqual([
      "first",
      "Mock answer from m: Hi",
    ]);
    expect(answers[0]?.id).not.toBe(answers[1]?.id);
    expect(second.calls()).toHaveLength(1);
  });

  it("says in one sentence that the port is taken", async () => {
    await using mock = await compose({ port: 0 });
    await expect(compose({ port: mock.port })).rejects.toThrow(
      `Port ${mock.port} on 127.0.0.1 is taken by another program; set TOKENHUB_MOCK_PORT to a free one.`,
    );
  });

  it("reads plans from a file, and says what is wrong with one that cannot be used", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mock-llm-"));
    const planPath = join(folder, "plans.json");
    try {
      await writeFile(planPath, JSON.stringify({ m: { text: "from the file" } }));
      await using mock = await compose({ port: 0, planPath });
      expect(mock.plans.get("m")).toEqual({ text: "from the file" });
      await writeFile(planPath, JSON.stringify({ m: { steps: [{ kind: "explode" }] } }));
      await expect(compose({ port: 0, planPath })).rejects.toThrow(/plans\.json cannot be used: m\.steps\.0/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says in one sentence that the call log cannot be written", async () => {
    await expect(compose({ port: 0, callLogPath: "/nonexistent/folder/calls.jsonl" })).rejects.toThrow(
      "The call log /nonexistent/folder/calls.jsonl cannot be opened.",
    );
  });

  it("lets an answer under way finish before it stops, and takes no new calls", async () => {
    const mock = await compose({ port: 0, shutdownGraceMs: 10_000 });
    mock.plan("m", { latencyMs: 150 });
    const answer = openAiClient(mock).chat.completions.create(request);
    await mock.waitForCall((call) => call.model === "m", 5_000);
    const startedAt = performance.now();
    const stopped = mock[Symbol.asyncDispose]();
    expect((await answer).choices[0]?.message.content).toBe("Mock answer from m: Hi");
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await expect(fetch(`${mock.url}/healthz`)).rejects.toThrow("fetch failed");
  });

  it("does not wait for calls that only the client could end", async () => {
    const mock = await compose({ port: 0, shutdownGraceMs: 60_000 });
    mock.plan("m", { steps: [{ kind: "hang" }, { kind: "endless_stream" }] });
    const hanging = openAiClient(mock).chat.completions.create(request);
    const rejected = failureOf(hanging);
    await mock.waitForCall((call) => call.outcome === "hanging", 5_000);
    const endless = await openAiClient(mock).chat.completions.create({ ...request, stream: true });
    const broken = failureOf(collect(endless));
    await mock[Symbol.asyncDispose]();
    await Promise.all([rejected, broken]);
    expect(mock.calls().map((call) => call.outcome)).toEqual(["reset", "reset"]);
    expect(mock.inFlight).toBe(0);
  });

  it("cuts off calls that outlast the grace", async () => {
    const mock = await compose({ port: 0, shutdownGraceMs: 20 });
    mock.plan("m", { latencyMs: 60_000 });
    const rejected = failureOf(openAiClient(mock).chat.completions.create(request));
    await mock.waitForCall((call) => call.model === "m", 5_000);
    await mock[Symbol.asyncDispose]();
    expect(await rejected).toBeInstanceOf(APIConnectionError);
  });
});
