import { until } from "@tokenhub/testkit";
import type OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startResponseSite, upstreams, type ResponseSite } from "./response-site.ts";

type StreamEvent = OpenAI.Responses.ResponseStreamEvent;

let site: ResponseSite;
beforeAll(async () => {
  site = await startResponseSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.network.mock.clearPlans();
  site.network.mock.clearCalls();
});

const words = Array.from({ length: 30 }, (_, index) => `word${index}`).join(" ");
const textOf = (events: readonly StreamEvent[]): string =>
  events.map((event) => (event.type === "response.output_text.delta" ? event.delta : "")).join("");

async function eventsOf(stream: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The text of a stream as it came over the wire. */
async function wireText(path: string): Promise<string> {
  const answer = await site.ask(path);
  expect(answer.status).toBe(200);
  return (await answer.text()).replaceAll(": keep-alive\n\n", "");
}

describe.each(upstreams)(
  "a stream in the background over a provider that speaks $provider",
  ({ model, upstream }) => {
    it("goes on when its reader leaves, and gives every other reader the same events from any place", async () => {
      const { client, network } = site;
      network.mock.plan(upstream, { text: words, tokensPerSecond: 60 });
      const stream = await client.responses.create({ model, input: "Count", background: true, stream: true });
      const first: StreamEvent[] = [];
      for await (const event of stream) {
        first.push(event);
        // Leaving the loop closes the connection.
        if (first.length === 12) break;
      }
      expect(first.slice(0, 3).map(({ type }) => type)).toEqual([
        "response.created",
        "response.queued",
        "response.in_progress",
      ]);
      const [created] = first;
      const id = created?.type === "response.created" ? created.response.id : "";
      const rest = await eventsOf(
        await client.responses.retrieve(id, {
          stream: true,
          starting_after: first.at(-1)?.sequence_number ?? 0,
        }),
      );
      const all = [...first, ...rest];
      expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, index) => index));
      expect(textOf(all)).toBe(words);
      const last = all.at(-1);
      const final = await client.responses.retrieve(id);
      expect(last?.type).toBe("response.completed");
      if (last?.type === "response.completed") expect(final.output).toEqual(last.response.output);
      expect(final).toMatchObject({ status: "completed", output_text: words });
      expect(network.mock.calls()).toMatchObject([{ outcome: "answered" }]);

      const job = await site.ask(`/v1/jobs/${id.replace("resp_", "job_")}`);
      expect(await job.json()).toMatchObject({ status: "succeeded", decision: { model }, stream: true });

      const whole = await wireText(`/v1/responses/${id}?stream=true`);
      const blocks = whole.split(/(?<=\n\n)/);
      expect(blocks.map((block) => JSON.parse(block.split("\ndata: ")[1] ?? "") as unknown)).toEqual(all);
      for (const after of [0, 1, 7, all.length - 2])
        expect(await wireText(`/v1/responses/${id}?stream=true&starting_after=${after}`)).toBe(
          blocks.slice(after + 1).join(""),
        );
      expect(await wireText(`/v1/responses/${id}?stream=true&starting_after=${all.length - 1}`)).toBe("");
    });

    it("is put together by the client's helper, live and afterwards, behind any place", async () => {
      const { client, network } = site;
      network.mock.plan(upstream, { text: words, tokensPerSecond: 200 });
      const stream = await client.responses.create({ model, input: "Count", background: true, stream: true });
      let id = "";
      for await (const event of stream) {
        if (event.type === "response.created") id = event.response.id;
        if (event.type === "response.queued") break;
      }
      for (const _time of ["live", "kept"]) {
        const helper = client.responses.stream({ response_id: id, starting_after: 5 });
        const seen: number[] = [];
        helper.on("event", (event) => seen.push(event.sequence_number));
        expect((await helper.finalResponse()).output_text).toBe(words);
        expect(seen[0]).toBe(6);
      }
      expect(network.mock.calls()).toHaveLength(1);
    });
  },
);

describe("a stream in the background", () => {
  it("tells of its acceptance before anything has begun, and of its cancellation at the end", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", { latencyMs: 30_000 });
    const stream = await client.responses.create({
      model: "gpt-test",
      input: "x",
      background: true,
      stream: true,
    });
    const types: string[] = [];
    let last: StreamEvent | null = null;
    for await (const event of stream) {
      types.push(event.type);
      last = event;
      if (event.type !== "response.queued") continue;
      await until("its call", () => network.mock.calls().length === 1);
      await client.responses.cancel(event.response.id);
    }
    expect(types).toEqual(["response.created", "response.queued", "response.failed"]);
    expect(last).toMatchObject({ sequence_number: 2, response: { status: "cancelled" } });
  });

  it("outlives the answer of its job as a response, and says that its events are gone", async () => {
    const { client } = site;
    const stream = await client.responses.create({
      model: "gpt-test",
      input: "x",
      background: true,
      stream: true,
    });
    const events = await eventsOf(stream);
    const last = events.at(-1);
    const id = last?.type === "response.completed" ? last.response.id : "";
    const job = `/v1/jobs/${id.replace("resp_", "job_")}`;
    await until("the end of its job", async () => (await site.ask(job, { method: "DELETE" })).status === 200);
    expect(await client.responses.retrieve(id)).toMatchObject({ status: "completed" });
    await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({
      status: 404,
      param: "stream",
    });
    expect(await client.responses.cancel(id)).toMatchObject({ status: "completed" });
    await client.responses.delete(id);
  });

  it("that was never one, or is asked for from no place, is refused with what to do", async () => {
    const { client } = site;
    const waited = await client.responses.create({ model: "gpt-test", input: "x" });
    const whole = await client.responses.create({ model: "gpt-test", input: "x", background: true });
    for (const { id } of [waited, whole])
      await expect(client.responses.retrieve(id, { stream: true })).rejects.toMatchObject({
        status: 400,
        code: "invalid_request",
        param: "stream",
      });
    for (const place of ["x", "-1", "1.5"]) {
      const refused = await site.ask(`/v1/responses/${whole.id}?stream=true&starting_after=${place}`);
      expect([place, refused.status]).toEqual([place, 400]);
    }
  });
});
