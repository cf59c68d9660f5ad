import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { APIUserAbortError } from "openai";
import { describe, expect, it } from "vitest";
import { compose, credentialHash } from "../compose.ts";
import { anthropicClient, failureOf, openAiClient, testKey } from "../testing/clients.ts";

const chatRequest = { model: "org/m", messages: [{ role: "user" as const, content: "Hi" }] };

describe("the record of calls", () => {
  it("keeps what was sent, without any key", async () => {
    await using mock = await compose({ port: 0 });
    const headers = { "x-tokenhub-request-id": "req_1234", "api-key": "azure-key", "x-api-key": "other-key" };
    await openAiClient(mock).chat.completions.create(chatRequest, { headers, query: { "api-version": "1" } });
    const [call] = mock.calls();
    expect(call).toMatchObject({
      index: 0,
      method: "POST",
      path: "/v1/chat/completions",
      query: { "api-version": "1" },
      model: "org/m",
      body: chatRequest,
      bodyText: JSON.stringify(chatRequest),
      requestId: "req_1234",
      stream: false,
      outcome: "answered",
      status: 200,
      completionTokensSent: 5,
    });
    expect(call?.headers["authorization"]).toBe(`Bearer ${credentialHash(testKey)}`);
    expect(call?.headers["api-key"]).toBe(credentialHash("azure-key"));
    expect(call?.headers["x-api-key"]).toBe(credentialHash("other-key"));
    expect(JSON.stringify(call)).not.toContain(testKey);
    expect((call?.finishedAtMs ?? 0) >= (call?.startedAtMs ?? 1)).toBe(true);
  });

  it("carries the id that the answer carries", async () => {
    await using mock = await compose({ port: 0 });
    const openAi = await openAiClient(mock).chat.completions.create(chatRequest).asResponse();
    const anthropic = await anthropicClient(mock)
      .messages.create({ ...chatRequest, max_tokens: 5 })
      .asResponse();
    expect(mock.calls().map((call) => call.id)).toEqual([
      openAi.headers.get("x-request-id"),
      anthropic.headers.get("request-id"),
    ]);
  });

  it("notes that the client broke off a stream, and how many tokens had left by then", async () => {
    await using mock = await compose({ port: 0 });
    mock.plan("org/m", { tokensPerSecond: 50, tokens: 10_000 });
    const stream = await openAiClient(mock).chat.completions.create({ ...chatRequest, stream: true });
    let words = 0;
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++words === 3) break;
    const call = await mock.waitForCall((each) => each.finishedAtMs !== null, 5_000);
    expect(call).toMatchObject({ outcome: "aborted_by_client", stream: true, status: 200 });
    expect(call.completionTokensSent).toBeGreaterThanOrEqual(3);
    expect(call.completionTokensSent).toBeLessThan(10_000);
    expect(mock.inFlight).toBe(0);
  });

  it("notes that the client gave up waiting for a plain answer", async () => {
    await using mock = await compose({ port: 0 });
    mock.plan("org/m", { latencyMs: 60_000 });
    const abort = new AbortController();
    const answer = openAiClient(mock).chat.completions.create(chatRequest, { signal: abort.signal });
    const rejected = failureOf(answer);
    await mock.waitForCall((call) => call.model === "org/m", 5_000);
    expect(mock.inFlight).toBe(1);
    abort.abort();
    expect(await rejected).toBeInstanceOf(APIUserAbortError);
    const call = await mock.waitForCall((each) => each.outcome === "aborted_by_client", 5_000);
    expect(call.status).toBeNull();
  });

  it("forgets on request and goes on counting", async () => {
    await using mock = await compose({ port: 0 });
    await openAiClient(mock).chat.completions.create(chatRequest);
    mock.clearCalls();
    expect(mock.calls()).toEqual([]);
    await openAiClient(mock).chat.completions.create(chatRequest);
    expect(mock.calls().map((call) => call.index)).toEqual([1]);
  });

  it("keeps neither bodies nor headers when told so, and answers all the same", async () => {
    await using mock = await compose({ port: 0, logBodies: false });
    const answer = await openAiClient(mock).chat.completions.create(chatRequest);
    expect(answer.choices[0]?.message.content).toBe("Mock answer from org/m: Hi");
    expect(mock.calls()[0]).toMatchObject({ model: "org/m", body: null, bodyText: null, headers: {} });
  });

  it("records paths that do not exist and bodies that are not JSON as errors", async () => {
    await using mock = await compose({ port: 0 });
    const unknown = await fetch(`${mock.url}/v1/nothing`, { method: "POST", body: "{}" });
    expect(unknown.status).toBe(404);
    const broken = await fetch(`${mock.url}/v1/messages`, { method: "POST", body: "{" });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ type: "error" });
    const wrongMethod = await fetch(`${mock.url}/v1/messages`);
    expect(wrongMethod.status).toBe(405);
    expect(mock.calls()).toMatchObject([
      { path: "/v1/nothing", outcome: "error", status: 404 },
      { path: "/v1/messages", outcome: "error", body: "{" },
      { method: "GET", outcome: "error", body: null },
    ]);
  });

  it("ends the record of a call that the mock itself failed to answer", async () => {
    await using mock = await compose({ port: 0 });
    mock.plan("org/m", { headers: { "x-broken": "line\nbreak" } });
    await expect(openAiClient(mock).chat.completions.create(chatRequest)).rejects.toMatchObject({
      status: 500,
    });
    const call = await mock.waitForCall((each) => each.finishedAtMs !== null, 5_000);
    expect(call.outcome).toBe("error");
    expect(mock.inFlight).toBe(0);
  });

  it("gives up waiting for a call in time, with a reason", async () => {
    await using mock = await compose({ port: 0 });
    await expect(mock.waitForCall(() => true, 5)).rejects.toThrow("No call matched within 5 ms");
  });

  it("appends every finished call to the call log file, one line of JSON each", async () => {
    const folder = await mkdtemp(join(tmpdir(), "mock-llm-"));
    const callLogPath = join(folder, "calls.jsonl");
    try {
      {
        await using mock = await compose({ port: 0, callLogPath });
        mock.plan("org/m", { steps: [{ ok: true }, { kind: "status", status: 500 }] });
        const client = openAiClient(mock);
        await client.chat.completions.create(chatRequest);
        await failureOf(client.chat.completions.create(chatRequest));
      }
      const lines = (await readFile(callLogPath, "utf8")).trimEnd().split("\n");
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([
        { index: 0, outcome: "answered", body: chatRequest },
        { index: 1, outcome: "error", status: 500 },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
