import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";

let network: TestNetwork;
let client: Anthropic;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  client = new Anthropic({ baseURL: network.url, apiKey: network.apiKey, maxRetries: 0 });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

type Request = Anthropic.Messages.BatchCreateParams.Request;

const requestOf = (customId: string, model = "claude-test"): Request => ({
  custom_id: customId,
  params: { model, max_tokens: 50, messages: [{ role: "user", content: `question ${customId}` }] },
});

function untilEnded(id: string): Promise<Anthropic.Messages.MessageBatch> {
  return until(
    "the end of the batch",
    async () => {
      const batch = await client.messages.batches.retrieve(id);
      return batch.processing_status === "ended" ? batch : null;
    },
    30_000,
  );
}

async function refusalOf(work: Promise<unknown>): Promise<APIError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof APIError) return outcome;
  throw new Error(`expected a refusal, got ${String(outcome)}`);
}

describe("a message batch of the anthropic client", () => {
  it("is carried out over any provider, and its results come from our own address", async () => {
    network.mock.plan("up-claude", { text: "Fine" });
    const created = await client.messages.batches.create({
      requests: [
        requestOf("first"),
        requestOf("unknown", "no-such-model"),
        requestOf("over-openai", "gpt-test"),
      ],
    });
    expect(created.id).toMatch(/^msgbatch_[0-9a-f]{32}$/);
    expect(created).toMatchObject({
      type: "message_batch",
      processing_status: "in_progress",
      request_counts: { processing: 3, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      ended_at: null,
      results_url: null,
      archived_at: null,
      cancel_initiated_at: null,
    });
    expect(Date.parse(created.expires_at) - Date.parse(created.created_at)).toBe(86_400_000);
    const ended = await untilEnded(created.id);
    expect(ended.request_counts).toEqual({
      processing: 0,
      succeeded: 2,
      errored: 1,
      canceled: 0,
      expired: 0,
    });
    expect(ended.results_url).toBe(`${network.url}/v1/messages/batches/${created.id}/results`);
    const results = await Array.fromAsync(await client.messages.batches.results(created.id));
    expect(results.map(({ custom_id: id, result }) => [id, result.type])).toEqual([
      ["first", "succeeded"],
      ["unknown", "errored"],
      ["over-openai", "succeeded"],
    ]);
    const [first, unknown] = results.map(({ result }) => result);
    expect(first?.type === "succeeded" && first.message.content[0]).toMatchObject({
      type: "text",
      text: "Fine",
    });
    expect(unknown?.type === "errored" && unknown.error.error.type).toBe("not_found_error");
  });

  it("that is cancelled says which requests were not carried out", async () => {
    network.mock.plan("up-claude", { text: "Slow", latencyMs: 60_000 });
    const requests = Array.from({ length: 30 }, (_, at) => requestOf(`n${at}`));
    const { id } = await client.messages.batches.create({ requests });
    await until("the first call", () => network.mock.calls().length > 0);
    const canceling = await client.messages.batches.cancel(id);
    expect(canceling.cancel_initiated_at).not.toBeNull();
    const ended = await untilEnded(id);
    expect(ended.request_counts).toMatchObject({ processing: 0, canceled: 30 });
    const results = await Array.fromAsync(await client.messages.batches.results(id));
    expect(new Set(results.map(({ result }) => result.type))).toEqual(new Set(["canceled"]));
    expect((await client.messages.batches.cancel(id)).processing_status).toBe("ended");
  });

  it("is deleted after its end only, with its results", async () => {
    network.mock.plan("up-claude", { text: "Slow", latencyMs: 1_000 });
    const { id } = await client.messages.batches.create({ requests: [requestOf("one")] });
    expect((await refusalOf(client.messages.batches.delete(id))).status).toBe(409);
    await expect(client.messages.batches.results(id)).rejects.toThrow("results_url");
    await untilEnded(id);
    expect(await client.messages.batches.delete(id)).toEqual({ id, type: "message_batch_deleted" });
    const refusal = await refusalOf(client.messages.batches.retrieve(id));
    expect(refusal).toMatchObject({ status: 404, error: { error: { type: "not_found_error" } } });
  });

  it("is listed newest first, forward and backward", async () => {
    const ids: string[] = [];
    for (const name of ["a", "b", "c"])
      ids.unshift((await client.messages.batches.create({ requests: [requestOf(name)] })).id);
    const { data } = await client.messages.batches.list({ limit: 2 });
    expect(data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const after = await client.messages.batches.list({ limit: 1, after_id: ids[1] ?? "" });
    expect(after.data.map(({ id }) => id)).toEqual([ids[2]]);
    const before = await Array.fromAsync(client.messages.batches.list({ limit: 1, before_id: ids[2] ?? "" }));
    expect(before.map(({ id }) => id)).toEqual([ids[1], ids[0]]);
  });

  it.each([
    ["no request", [], "There is no request"],
    ["a custom_id that is used twice", [requestOf("a"), requestOf("b"), requestOf("a")], "requests.2"],
    ["a custom_id with a blank", [requestOf("a b")], "custom_id"],
    ["no model", [{ custom_id: "a", params: { max_tokens: 5, messages: [] } }], "params.model"],
    ["a stream", [{ custom_id: "a", params: { ...requestOf("a").params, stream: true } }], "params.stream"],
    ["a request that is a text", ["a"], "not a JSON object"],
    ["a list that is none", { a: 1 }, "must be an object with one list"],
  ])("with %s is refused at once, in the words of its API", async (_title, requests, message) => {
    const refusal = await refusalOf(client.post("/v1/messages/batches", { body: { requests } }));
    expect(refusal).toMatchObject({
      status: 400,
      error: { type: "error", error: { type: "invalid_request_error" } },
    });
    expect(refusal.message).toContain(message);
  });
});
