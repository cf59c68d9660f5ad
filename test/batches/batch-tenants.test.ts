import { until } from "@tokenhub/testkit";
import OpenAI, { APIError } from "openai";
import { expect, inject, it } from "vitest";
import { openAccessNetwork } from "../access/access-network.ts";
import { createBatch, lineOf, untilBatchEnds, uploadInput } from "./batch-clients.ts";

async function statusOf(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 200,
    (error: unknown) => (error instanceof APIError ? (error.status ?? 0) : 0),
  );
}

it("files and batches are there for the keys of their tenant only, whatever is done with them", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const clientOf = async (tenant: string): Promise<OpenAI> => {
    const { id } = await admin.call("POST", "/tenants", { name: tenant });
    const { key } = await admin.createKey({ tenant_id: id });
    return new OpenAI({ baseURL: `${network.url}/v1`, apiKey: key, maxRetries: 0 });
  };
  const mine = await clientOf("one");
  const foreign = await clientOf("two");
  const { id, input_file_id: fileId } = await createBatch(mine, lineOf("a"));
  const { output_file_id: outputId = "" } = await untilBatchEnds(mine, id);
  const messages = await fetch(`${network.url}/v1/messages/batches`, {
    method: "POST",
    headers: { "x-api-key": mine.apiKey ?? "", "content-type": "application/json" },
    body: JSON.stringify({
      requests: [
        {
          custom_id: "a",
          params: { model: "claude-test", max_tokens: 5, messages: [{ role: "user", content: "hi" }] },
        },
      ],
    }),
  });
  const { id: messageBatchId } = (await messages.json()) as { id: string };
  const place = `/messages/batches/${messageBatchId}`;
  await until("the message batch", async () => {
    const batch = await mine.get<{ processing_status: string }>(place);
    return batch.processing_status === "ended";
  });
  const attempts = [
    foreign.files.retrieve(fileId),
    foreign.files.content(outputId),
    foreign.files.delete(fileId),
    foreign.batches.retrieve(id),
    foreign.batches.cancel(id),
    foreign.batches.create({
      input_file_id: fileId,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
    }),
    foreign.batches.list({ after: id }),
    foreign.files.list({ after: fileId }),
    foreign.get(place),
    foreign.get(`${place}/results`),
    foreign.post(`${place}/cancel`),
    foreign.delete(place),
    // The other API does not know it either.
    mine.get(`/messages/batches/${id}`),
    mine.batches.retrieve(messageBatchId),
  ];
  expect(await Promise.all(attempts.map(statusOf))).toEqual(attempts.map(() => 404));
  expect((await foreign.files.list()).data).toEqual([]);
  expect((await foreign.batches.list()).data).toEqual([]);
  expect((await mine.files.list()).data.map((file) => file.id)).toEqual([outputId, fileId]);
});

it("a batch needs the scope of its endpoint, and none of its lines begins that does not fit into its budgets", async () => {
  await using site = await openAccessNetwork({ redisUrl: inject("redisUrl") });
  const { network, admin } = site;
  const clientOf = async (body: Record<string, unknown>): Promise<OpenAI> =>
    new OpenAI({ baseURL: `${network.url}/v1`, apiKey: (await admin.createKey(body)).key, maxRetries: 0 });
  const chatOnly = await clientOf({ scopes: ["chat"] });
  const input = await uploadInput(chatOnly, lineOf("a"));
  const embeddings = { input_file_id: input, endpoint: "/v1/embeddings", completion_window: "24h" } as const;
  expect(await statusOf(chatOnly.batches.create(embeddings))).toBe(403);
  const poor = await clientOf({ monthly_budget_usd: 0.000_001 });
  const { id } = await createBatch(poor, lineOf("a"));
  await until(
    "the batch in progress",
    async () => (await poor.batches.retrieve(id)).status === "in_progress",
  );
  await poor.batches.cancel(id);
  const ended = await untilBatchEnds(poor, id);
  expect([ended.status, ended.request_counts]).toEqual(["cancelled", { total: 1, completed: 0, failed: 1 }]);
  expect(network.mock.calls()).toHaveLength(0);
});
