import { until } from "@tokenhub/testkit";
import type OpenAI from "openai";
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

/** The response once it is neither queued nor in progress. */
function ended(id: string): Promise<OpenAI.Responses.Response> {
  return until(`the end of ${id}`, async () => {
    const response = await site.client.responses.retrieve(id);
    return response.status === "queued" || response.status === "in_progress" ? null : response;
  });
}

describe.each(upstreams)(
  "a response in the background over a provider that speaks $provider",
  ({ model, upstream }) => {
    it("is queued, polled and completed, and can be continued, with one call", async () => {
      const { client, network } = site;
      network.mock.plan(upstream, { texts: ["Done at last", "And more"] });
      const { data: queued, response } = await client.responses
        .create({ model, input: "Work", background: true, metadata: { order: "7" } })
        .withResponse();
      expect(response.status).toBe(200);
      expect(queued).toMatchObject({
        object: "response",
        status: "queued",
        background: true,
        output: [],
        output_text: "",
        metadata: { order: "7" },
      });
      const final = await ended(queued.id);
      expect(final).toMatchObject({
        id: queued.id,
        created_at: queued.created_at,
        status: "completed",
        background: true,
        output_text: "Done at last",
        metadata: { order: "7" },
        model,
      });
      expect(network.mock.calls()).toHaveLength(1);
      const next = await client.responses.create({ model, input: "More", previous_response_id: queued.id });
      expect(next.output_text).toBe("And more");
      expect(JSON.stringify(network.mock.calls().at(-1)?.body)).toContain("Done at last");
    });
  },
);

describe("a response in the background", () => {
  it("shares its digits with its job, and is deleted together with the job's answer", async () => {
    const { client } = site;
    const { id } = await client.responses.create({ model: "gpt-test", input: "x", background: true });
    await ended(id);
    const job = `/v1/jobs/${id.replace("resp_", "job_")}`;
    expect(await (await site.ask(job)).json()).toMatchObject({
      origin: "response",
      status: "succeeded",
      decision: { model: "gpt-test" },
      usage: { output_tokens: expect.any(Number) as number },
    });
    await client.responses.delete(id);
    expect((await site.ask(job)).status).toBe(404);
    await expect(client.responses.retrieve(id)).rejects.toMatchObject({ status: 404 });
  });

  it("is cancelled while it runs, twice without an error, and deleted only after that", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", { latencyMs: 30_000 });
    const { id } = await client.responses.create({ model: "gpt-test", input: "x", background: true });
    await until("its call", () => network.mock.calls().length === 1);
    expect(await client.responses.retrieve(id)).toMatchObject({ status: "in_progress", output: [] });
    await expect(client.responses.delete(id)).rejects.toMatchObject({ status: 409, code: "conflict" });
    await expect(
      client.responses.create({ model: "gpt-test", input: "y", previous_response_id: id }),
    ).rejects.toMatchObject({ status: 400, param: "previous_response_id" });
    await client.responses.cancel(id);
    expect(await ended(id)).toMatchObject({ status: "cancelled", error: null, output: [] });
    expect(await client.responses.cancel(id)).toMatchObject({ id, status: "cancelled" });
    await client.responses.delete(id);
  });

  it("that has completed stays completed when it is cancelled; one that somebody waited for cannot be", async () => {
    const { client } = site;
    const { id } = await client.responses.create({ model: "gpt-test", input: "x", background: true });
    await ended(id);
    expect(await client.responses.cancel(id)).toMatchObject({ status: "completed" });
    const waited = await client.responses.create({ model: "gpt-test", input: "x" });
    await expect(client.responses.cancel(waited.id)).rejects.toMatchObject({
      status: 400,
      code: "invalid_request",
    });
  });

  it("that fails says why in the vendor's words", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", { steps: [{ kind: "status", status: 400, repeat: true }] });
    const { id } = await client.responses.create({ model: "gpt-test", input: "x", background: true });
    const failed = await ended(id);
    expect(failed).toMatchObject({ status: "failed", error: { code: "invalid_prompt" }, output: [] });
    expect(failed.error?.message).not.toBe("");
  });

  it("that is cut off is incomplete", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", { text: "a b c", finishReason: "length" });
    const { id } = await client.responses.create({ model: "gpt-test", input: "x", background: true });
    expect(await ended(id)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    });
  });

  it("is refused at once for what is wrong with it, and nothing is left of it", async () => {
    const { client, network } = site;
    const tries: Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>[] = [
      { store: false },
      { model: "no-such-model" },
      { temperature: 9 },
      { previous_response_id: `resp_${"1".repeat(32)}` },
    ];
    for (const wrong of tries) {
      const error: unknown = await client.responses
        .create({ model: "gpt-test", input: "x", background: true, ...wrong })
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        status: expect.toSatisfy((status) => status === 400 || status === 404) as number,
      });
    }
    expect(network.mock.calls()).toEqual([]);
  });
});

describe("Prefer: respond-async", () => {
  const prefer = (value: string) => ({ headers: { prefer: value } });

  it("answers 202 with a response that the client can poll", async () => {
    const { client } = site;
    const { data, response } = await client.responses
      .create({ model: "gpt-test", input: "x" }, prefer("respond-async"))
      .withResponse();
    expect(response.status).toBe(202);
    expect(response.headers.get("preference-applied")).toBe("respond-async");
    expect(response.headers.get("location")).toBe(`/v1/responses/${data.id}`);
    expect(data).toMatchObject({ object: "response", output: [] });
    expect(await ended(data.id)).toMatchObject({ status: "completed", background: true });
  });

  it("answers 200 with the whole response when that comes within the wait", async () => {
    const { client } = site;
    const { data, response } = await client.responses
      .create({ model: "gpt-test", input: "x" }, prefer("respond-async, wait=20"))
      .withResponse();
    expect([response.status, data.status]).toEqual([200, "completed"]);
    expect(await client.responses.retrieve(data.id)).toEqual(data);
  });

  it("with `store: false` makes an ordinary job of it", async () => {
    const answer = await site.client.responses
      .create({ model: "gpt-test", input: "x", store: false }, prefer("respond-async"))
      .asResponse();
    expect(answer.status).toBe(202);
    expect(await answer.json()).toMatchObject({ object: "job" });
  });
});
