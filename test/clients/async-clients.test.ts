import Anthropic from "@anthropic-ai/sdk";
import { startTestNetwork, until, type TestNetwork } from "@tokenhub/testkit";
import { randomUUID } from "node:crypto";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { adminEnvironment, keyAdminOf } from "../access/key-admin.ts";
import { createBatch, lineOf, linesOf } from "../batches/batch-clients.ts";
import { askerOf } from "../jobs/job-client.ts";
import { openReceiver } from "../webhooks/receiver.ts";

/** Longer than any call that is not late. */
const syncWaitMs = 500;
/** So late that the wait is over, whatever is added to it. */
const lateMs = syncWaitMs + 2_500;

let network: TestNetwork;
beforeAll(async () => {
  const env = { ...adminEnvironment, TOKENHUB_SYNC_WAIT_MS: String(syncWaitMs) };
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

/** An official client as it comes out of its package, and the number of requests it has sent. */
interface Client {
  ask: (model: string, options: { readonly content: string; readonly key?: string }) => Promise<unknown>;
  readonly requests: () => number;
}
interface Place {
  readonly url: string;
  readonly apiKey: string;
}

function countedFetch() {
  let sent = 0;
  const counted: typeof fetch = (...request) => {
    sent += 1;
    return fetch(...request);
  };
  return { fetch: counted, requests: () => sent };
}

const headersOf = (key: string | undefined) =>
  key === undefined ? {} : { headers: { "Idempotency-Key": key } };
const messagesOf = (content: string) => [{ role: "user" as const, content }];
/** Upstream calls with these words; tests before may have some under way. */
const callsAbout = (content: string) =>
  network.mock.calls().filter(({ bodyText }) => bodyText?.includes(content));

function openAiAt({ url, apiKey }: Place): Client & { readonly sdk: OpenAI } {
  const { fetch: counted, requests } = countedFetch();
  const sdk = new OpenAI({ baseURL: `${url}/v1`, apiKey, fetch: counted });
  const ask: Client["ask"] = (model, { key, content }) =>
    sdk.chat.completions.create({ model, messages: messagesOf(content) }, headersOf(key));
  return { sdk, ask, requests };
}

function anthropicAt({ url, apiKey }: Place): Client & { readonly sdk: Anthropic } {
  const { fetch: counted, requests } = countedFetch();
  const sdk = new Anthropic({ baseURL: url, apiKey, fetch: counted });
  const ask: Client["ask"] = (model, { key, content }) =>
    sdk.messages.create({ model, max_tokens: 20, messages: messagesOf(content) }, headersOf(key));
  return { sdk, ask, requests };
}

interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly message: string;
}

async function refusalOf(work: Promise<unknown>): Promise<Refusal> {
  const outcome: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (outcome instanceof OpenAI.APIError || outcome instanceof Anthropic.APIError)
    return { status: outcome.status, headers: outcome.headers, message: outcome.message };
  throw new Error(`expected a refusal, got ${String(outcome)}`);
}

it("the openai client hears of the end of a response and of a batch, unwraps both, and gets what they name", async () => {
  const { sdk } = openAiAt(network);
  const receiver = await openReceiver();
  const endpoint = await sdk.webhooks.create({
    name: "ends",
    url: receiver.url,
    event_types: ["response.completed", "batch.completed"],
  });
  network.mock.plan("up-gpt", { text: "Done" });
  const queued = await sdk.responses.create({ model: "gpt-test", input: "Work", background: true });
  const { id: batchId } = await createBatch(sdk, [lineOf("one"), lineOf("two")].join("\n"));
  await until("both events", () => receiver.received.length === 2, 20_000);

  const texts: string[] = [];
  for (const { body, headers } of receiver.received) {
    const event = await sdk.webhooks.unwrap(body, headers, endpoint.signing_secret);
    if (event.type === "response.completed") {
      expect(event.data.id).toBe(queued.id);
      texts.push((await sdk.responses.retrieve(event.data.id)).output_text);
    }
    if (event.type === "batch.completed") {
      expect(event.data.id).toBe(batchId);
      const { output_file_id: outputId } = await sdk.batches.retrieve(event.data.id);
      for (const { response } of await linesOf(sdk, outputId))
        texts.push(response?.body.choices[0]?.message.content ?? "");
    }
  }
  expect(texts).toEqual(["Done", "Done", "Done"]);
  await sdk.webhooks.delete(endpoint.id);
});

describe.each([
  { name: "openai", clientAt: openAiAt, limited: { model: "spare-test", upstream: "up-spare" } },
  { name: "anthropic", clientAt: anthropicAt, limited: { model: "claude-test", upstream: "up-claude" } },
])("the $name client, with its retries as they are by default,", ({ clientAt, limited }) => {
  it("asks once for what is in the wrong state, or stands under a key that another request has", async () => {
    const { requests, ask } = clientAt(network);
    const [key, content] = [randomUUID(), randomUUID()];
    await ask("gpt-test", { key, content });
    const refusal = await refusalOf(ask("gpt-test", { key, content: `Not ${content}` }));
    expect(refusal.status).toBe(422);
    expect([requests(), callsAbout(content).length]).toEqual([2, 1]);

    const other = clientAt(network);
    expect((await refusalOf(deleteTooEarly(other))).status).toBe(409);
    // One began it, one tried to delete it.
    expect(other.requests()).toBe(2);
  });

  it("asks once when a provider's limit is used up for longer than it would wait", async () => {
    const client: Client = clientAt(network);
    const step = { kind: "status", status: 429, retryAfterSeconds: 120, repeat: true } as const;
    network.mock.plan(limited.upstream, { steps: [step] });
    const content = randomUUID();
    const refusal = await refusalOf(client.ask(limited.model, { content }));
    expect([refusal.status, refusal.headers.get("retry-after")]).toEqual([429, "120"]);
    expect([client.requests(), callsAbout(content).length]).toEqual([1, 1]);
  });
});

describe("both clients, with their retries as they are by default,", () => {
  it("ask once when their wait runs out, and the job they are told of has the answer of the only upstream call", async () => {
    network.mock.plan("up-gpt", { text: "Late", latencyMs: lateMs });
    const outlived = async (client: Client): Promise<void> => {
      const content = randomUUID();
      const refusal = await refusalOf(client.ask("gpt-test", { content }));
      expect(refusal.status).toBe(504);
      const location = refusal.headers.get("location") ?? "";
      expect(refusal.message).toContain(location);
      const { json } = await askerOf(network)(`${location}?wait=20`);
      expect(json).toMatchObject({ status: "succeeded", origin: "sync_wait" });
      expect(JSON.stringify(json["result"])).toContain("Late");
      expect([client.requests(), callsAbout(content).length]).toEqual([1, 1]);
    };
    await Promise.all([outlived(openAiAt(network)), outlived(anthropicAt(network))]);
  });

  it("ask again after the pause they are told when their own rate is used up, and get their answers", async () => {
    const patient = async (clientAt: (place: Place) => Client): Promise<void> => {
      const { key } = await keyAdminOf(network).createKey({ rate_limit_rps: 0.5 });
      const client = clientAt({ url: network.url, apiKey: key });
      const content = randomUUID();
      for (const _time of [1, 2]) await client.ask("gpt-test", { content });
      expect([client.requests(), callsAbout(content).length]).toEqual([3, 2]);
    };
    await Promise.all([patient(openAiAt), patient(anthropicAt)]);
  });

  it("ask three times of a gateway that is full, which calls nobody, and are answered when there is room", async () => {
    await using full = await startTestNetwork({ redisUrl: inject("redisUrl"), maxInFlight: 1 });
    const held = await holdPlace(full);
    const ask = (client: Client) => client.ask("spare-test", { content: "Hello" });
    const refused: Client[] = [openAiAt(full), anthropicAt(full)];
    const refusals = await Promise.all(refused.map((client) => refusalOf(ask(client))));
    expect(refusals.map(({ status }) => status)).toEqual([503, 503]);
    expect(refused.map(({ requests }) => requests())).toEqual([3, 3]);

    const lucky: Client[] = [openAiAt(full), anthropicAt(full)];
    const answers = lucky.map(ask);
    await until("their first requests", () => lucky.every(({ requests }) => requests() === 1));
    held.leave();
    await Promise.all(answers);
    expect(full.mock.calls().filter(({ model }) => model === "up-spare")).toHaveLength(2);
  });
});

/** Deletes a thing that has not ended, in the way of the client. */
async function deleteTooEarly(client: ReturnType<typeof openAiAt> | ReturnType<typeof anthropicAt>) {
  network.mock.plan("up-gpt", { latencyMs: lateMs });
  const { sdk } = client;
  if (sdk instanceof OpenAI) {
    const { id } = await sdk.responses.create({ model: "gpt-test", input: "Work", background: true });
    return sdk.responses.delete(id);
  }
  const params = { model: "gpt-test", max_tokens: 20, messages: messagesOf("Hello") };
  const { id } = await sdk.messages.batches.create({ requests: [{ custom_id: "one", params }] });
  return sdk.messages.batches.delete(id);
}

/** Takes the only place of a gateway, until it is left. */
async function holdPlace(full: TestNetwork): Promise<{ readonly leave: () => void }> {
  full.mock.plan("up-gpt", { latencyMs: 60_000 });
  const leaving = new AbortController();
  fetch(`${full.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${full.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "gpt-test", messages: messagesOf("Hello") }),
    signal: leaving.signal,
  }).catch(() => undefined);
  await until("the place to be taken", () => full.mock.calls().length === 1);
  return { leave: () => leaving.abort() };
}
