import { NotFoundError } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startResponseSite, upstreams, type ResponseSite } from "./response-site.ts";

let site: ResponseSite;
beforeAll(async () => {
  site = await startResponseSite();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  site.network.mock.clearPlans();
  site.network.mock.clearCalls();
});

const unknownId = `resp_${"0".repeat(32)}`;

describe.each(upstreams)("a response over a provider that speaks $provider", ({ model, upstream }) => {
  it("can be retrieved as it was answered, and not any more once it is deleted", async () => {
    const { client } = site;
    site.network.mock.plan(upstream, { text: "Hello there" });
    const created = await client.responses.create({ model, input: "Hi", metadata: { team: "a" } });
    expect(await client.responses.retrieve(created.id)).toEqual(created);
    expect(created).toMatchObject({ output_text: "Hello there", store: true, background: false });
    await client.responses.delete(created.id);
    await expect(client.responses.retrieve(created.id)).rejects.toThrow(NotFoundError);
    await expect(client.responses.delete(created.id)).rejects.toThrow(NotFoundError);
  });

  it("that is streamed can be retrieved by whoever has just seen its last event", async () => {
    const { client } = site;
    site.network.mock.plan(upstream, { text: "one two three" });
    const stream = await client.responses.create({ model, input: "Count", stream: true });
    let seen = 0;
    for await (const event of stream) {
      if (event.type !== "response.completed") continue;
      seen += 1;
      const kept = await client.responses.retrieve(event.response.id);
      expect(kept).toMatchObject({ status: "completed", output: event.response.output });
      expect(kept.output_text).toBe("one two three");
    }
    expect(seen).toBe(1);
  });

  it("with `store: false` is not kept, whole or streamed", async () => {
    const { client } = site;
    const whole = await client.responses.create({ model, input: "Hi", store: false });
    const streamed = await client.responses.stream({ model, input: "Hi", store: false }).finalResponse();
    for (const { id } of [whole, streamed]) {
      await expect(client.responses.retrieve(id)).rejects.toThrow(NotFoundError);
      await expect(
        client.responses.create({ model, input: "More", previous_response_id: id }),
      ).rejects.toMatchObject({ status: 404, param: "previous_response_id" });
    }
  });
});

describe("a stream that fails in the middle", () => {
  it("is kept as a response that failed, which cannot be continued", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", {
      text: "a b c d e f g h",
      steps: [{ kind: "stream_ends_early", afterTokens: 3 }],
    });
    const answer = await site.ask("/v1/responses", {
      method: "POST",
      body: JSON.stringify({ model: "gpt-test", input: "Hi", stream: true }),
    });
    const text = await answer.text();
    expect(text).toContain("event: response.failed");
    const id = /"id":"(resp_[0-9a-f]+)"/.exec(text)?.[1] ?? "";
    expect(await client.responses.retrieve(id)).toMatchObject({
      status: "failed",
      error: { code: "server_error" },
    });
    await expect(
      client.responses.create({ model: "gpt-test", input: "More", previous_response_id: id }),
    ).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
  });
});

describe("ids that are not the caller's", () => {
  it("another tenant's response is not there, whatever is done with it", async () => {
    const stranger = await site.stranger();
    const { id } = await site.client.responses.create({ model: "gpt-test", input: "secret" });
    const tries = [
      stranger.responses.retrieve(id),
      stranger.responses.cancel(id),
      stranger.responses.delete(id),
      stranger.responses.inputItems.list(id).then(String),
      stranger.responses.create({ model: "gpt-test", input: "What was it?", previous_response_id: id }),
    ];
    const ends = await Promise.allSettled(tries);
    expect(
      ends.map((end) => (end.status === "rejected" ? (end.reason as NotFoundError).status : null)),
    ).toEqual(tries.map(() => 404));
    expect(await site.client.responses.retrieve(id)).toMatchObject({ id });
  });

  it.each([unknownId, "resp_none", "job_1", "x'"])("%s is not found", async (id) => {
    const { client } = site;
    const ends = await Promise.allSettled([
      client.responses.retrieve(id),
      client.responses.cancel(id),
      client.responses.delete(id),
      client.responses.inputItems.list(id),
      client.responses.create({ model: "gpt-test", input: "x", previous_response_id: id }),
    ]);
    for (const end of ends)
      expect(end).toMatchObject({ status: "rejected", reason: { status: 404, code: "not_found" } });
    expect(site.network.mock.calls()).toEqual([]);
  });
});

describe("input items", () => {
  it("are listed in pages in both directions, normalised and with ids", async () => {
    const { client } = site;
    const input = ["one", "two", "three", "four", "five"].map((content) => ({
      role: "user" as const,
      content,
    }));
    const { id } = await client.responses.create({ model: "gpt-test", input });
    const textsOf = async (query: { limit: number; order?: "asc" | "desc" }): Promise<unknown[]> => {
      const texts: unknown[] = [];
      // The client follows the pages.
      for await (const item of client.responses.inputItems.list(id, query))
        texts.push("content" in item && Array.isArray(item.content) ? item.content : item);
      return texts;
    };
    const parts = input.map(({ content }) => [{ type: "input_text", text: content }]);
    expect(await textsOf({ limit: 2, order: "asc" })).toEqual(parts);
    expect(await textsOf({ limit: 3 })).toEqual(parts.toReversed());
    const page = await client.responses.inputItems.list(id, { limit: 2, order: "asc" });
    expect(page.data).toMatchObject([{ type: "message", role: "user", status: "completed" }, {}]);
    expect(page.has_more).toBe(true);
  });

  it("a text is one message, and a bad query says what is wrong with it", async () => {
    const { client } = site;
    const { id } = await client.responses.create({ model: "gpt-test", input: "Hi" });
    const { data } = await client.responses.inputItems.list(id);
    expect(data).toMatchObject([{ role: "user", content: [{ type: "input_text", text: "Hi" }] }]);
    for (const query of ["limit=0", "limit=101", "limit=x", "order=up", "after=msg_none"]) {
      const refused = await site.ask(`/v1/responses/${id}/input_items?${query}`);
      expect([query, refused.status]).toEqual([query, 400]);
      const param = query.split("=")[0];
      expect(await refused.json()).toMatchObject({ error: { code: "invalid_request", param } });
    }
  });
});
