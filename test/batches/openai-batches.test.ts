import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import OpenAI, { APIError, toFile } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { chatBody, createBatch, lineOf, linesOf, untilBatchEnds, uploadInput } from "./batch-clients.ts";

let network: TestNetwork;
let client: OpenAI;

beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  client = new OpenAI({ baseURL: `${network.url}/v1`, apiKey: network.apiKey, maxRetries: 0 });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

async function refusalOf(work: Promise<unknown>): Promise<APIError> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof APIError) return outcome;
  throw new Error(`expected a refusal, got ${String(outcome)}`);
}

describe("the files of the openai client", () => {
  it("are uploaded, shown, listed page by page, read byte for byte and deleted", async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => at % 251));
    const file = await client.files.create({
      file: await toFile(bytes, "täglich.bin"),
      purpose: "user_data",
      expires_after: { anchor: "created_at", seconds: 7_200 },
    });
    expect(file).toMatchObject({
      object: "file",
      bytes: 3_000_000,
      filename: "täglich.bin",
      status: "processed",
    });
    expect(file.id).toMatch(/^file-[0-9a-f]{32}$/);
    expect(file.expires_at).toBe(file.created_at + 7_200);
    expect(await client.files.retrieve(file.id)).toEqual(file);
    const content = Buffer.from(await (await client.files.content(file.id)).arrayBuffer());
    expect(content.equals(bytes)).toBe(true);
    const other = await uploadInput(client, "x");
    const listed = await Array.fromAsync(client.files.list({ limit: 1 }));
    expect(listed.map(({ id }) => id)).toEqual([other, file.id]);
    const oldest = await Array.fromAsync(client.files.list({ order: "asc", purpose: "user_data" }));
    expect(oldest.map(({ id }) => id)).toEqual([file.id]);
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: "file", deleted: true });
    expect((await refusalOf(client.files.retrieve(file.id))).status).toBe(404);
    expect((await refusalOf(client.files.content(file.id))).status).toBe(404);
  });

  it("need a purpose that TokenHub keeps files for", async () => {
    const file = await toFile(Buffer.from("{}"), "a.jsonl");
    const refusal = await refusalOf(client.files.create({ file, purpose: "fine-tune" }));
    expect(refusal).toMatchObject({ status: 400, param: "purpose" });
    expect(refusal.message).toContain("batch, user_data");
  });
});

describe("a batch of the openai client", () => {
  it("ends with an output file and an error file in the order of its lines", async () => {
    network.mock.plan("up-gpt", { text: "Fine" });
    const lines = [
      lineOf("first"),
      lineOf("unknown", { body: chatBody("hi", "no-such-model") }),
      lineOf("bad", { body: { model: "gpt-test", messages: [] } }),
      lineOf("last", { body: chatBody("hi", "claude-test") }),
    ];
    const created = await createBatch(client, `${lines.join("\n\n")}\n`, { metadata: { run: "7" } });
    expect(created.id).toMatch(/^batch_[0-9a-f]{32}$/);
    expect(created).toMatchObject({ object: "batch", completion_window: "24h", metadata: { run: "7" } });
    const batch = await untilBatchEnds(client, created.id);
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 4, completed: 2, failed: 2 },
    });
    expect(batch.completed_at).toBeGreaterThanOrEqual(batch.created_at);
    expect(batch.usage?.total_tokens).toBeGreaterThan(0);
    const output = await linesOf(client, batch.output_file_id);
    expect(output.map(({ custom_id: id }) => id)).toEqual(["first", "last"]);
    expect(output[0]).toMatchObject({ error: null, response: { status_code: 200 } });
    expect(output[0]?.id).toMatch(/^batch_req_[0-9a-f]{32}$/);
    expect(output[0]?.response?.request_id).toMatch(/^req_/);
    expect(output[0]?.response?.body.choices[0]?.message.content).toBe("Fine");
    const errors = await linesOf(client, batch.error_file_id);
    expect(errors.map(({ custom_id: id, response }) => [id, response?.status_code])).toEqual([
      ["unknown", 404],
      ["bad", 400],
    ]);
    expect(errors[0]?.response?.body.error.code).toBe("model_not_found");
  });

  it("carries out embeddings, and text completions", async () => {
    const embeddings = await createBatch(
      client,
      lineOf("e", { url: "/v1/embeddings", body: { model: "embed-test", input: "text" } }),
      { endpoint: "/v1/embeddings" },
    );
    const completions = await createBatch(
      client,
      lineOf("c", { url: "/v1/completions", body: { model: "gpt-test", prompt: "text" } }),
      { endpoint: "/v1/completions" },
    );
    const [embedded, completed] = await Promise.all(
      [embeddings, completions].map(async ({ id }) => untilBatchEnds(client, id)),
    );
    const [vector] = await linesOf(client, embedded?.output_file_id);
    expect(vector?.response?.body.data[0]?.embedding.length).toBeGreaterThan(0);
    const [text] = await linesOf(client, completed?.output_file_id);
    expect(typeof text?.response?.body.choices[0]?.text).toBe("string");
  });

  it("of more lines than may be jobs at once is carried out whole, each line once", async () => {
    const count = 620;
    const text = Array.from({ length: count }, (_, at) => lineOf(`n${at}`)).join("\n");
    const { id } = await createBatch(client, text);
    const batch = await untilBatchEnds(client, id);
    expect(batch.request_counts).toEqual({ total: count, completed: count, failed: 0 });
    expect(network.mock.calls()).toHaveLength(count);
    const output = await linesOf(client, batch.output_file_id);
    expect(output.map(({ custom_id: customId }) => customId)).toEqual(
      Array.from({ length: count }, (_, at) => `n${at}`),
    );
  });

  it("that is cancelled keeps what was answered and names the rest", async () => {
    network.mock.plan("up-gpt", { text: "Slow", latencyMs: 60_000 });
    const text = Array.from({ length: 700 }, (_, at) => lineOf(`n${at}`)).join("\n");
    const { id } = await createBatch(client, text);
    await until("the first call", () => network.mock.calls().length > 0);
    const cancelling = await client.batches.cancel(id);
    expect(cancelling.status).toMatch(/^cancell(?:ing|ed)$/);
    const batch = await untilBatchEnds(client, id);
    expect(batch.status).toBe("cancelled");
    expect(batch.request_counts?.total).toBe(700);
    const errors = await linesOf(client, batch.error_file_id);
    expect(errors).toHaveLength(batch.request_counts?.failed ?? -1);
    expect(errors.at(-1)).toMatchObject({
      custom_id: "n699",
      response: null,
      error: { code: "batch_cancelled" },
    });
    expect((await client.batches.cancel(id)).status).toBe("cancelled");
  });

  it("that has ended cannot be cancelled, and its input may be deleted only then", async () => {
    network.mock.plan("up-gpt", { text: "Slow", latencyMs: 1_000 });
    const { id, input_file_id: inputId } = await createBatch(client, lineOf("one"));
    expect((await refusalOf(client.files.delete(inputId))).status).toBe(409);
    const { status } = await untilBatchEnds(client, id);
    expect(status).toBe("completed");
    expect(await refusalOf(client.batches.cancel(id))).toMatchObject({ status: 409, code: "conflict" });
    expect((await client.files.delete(inputId)).deleted).toBe(true);
  });

  it("is listed newest first, page by page", async () => {
    const first = await createBatch(client, lineOf("one"));
    const second = await createBatch(client, lineOf("one"));
    const listed: string[] = [];
    for await (const { id } of client.batches.list({ limit: 1 })) {
      listed.push(id);
      if (listed.length === 2) break;
    }
    expect(listed).toEqual([second.id, first.id]);
  });
});
