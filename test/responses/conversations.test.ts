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

const weather = {
  type: "function",
  name: "get_weather",
  description: "Weather of a city",
  parameters: {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  },
  strict: true,
} as const;

describe.each(upstreams)(
  "previous_response_id over a provider that speaks $provider",
  ({ model, upstream }) => {
    const sent = (): string => JSON.stringify(site.network.mock.calls().at(-1)?.body);

    it("puts inputs and outputs of all earlier turns before the input, in order, and no instructions", async () => {
      const { client, network } = site;
      network.mock.plan(upstream, { texts: ["First answer", "Second answer", "Third answer"] });
      const first = await client.responses.create({
        model,
        input: "First question",
        instructions: "Speak Latin.",
      });
      const stream = client.responses.stream({
        model,
        input: [{ role: "user", content: "Second question" }],
        previous_response_id: first.id,
      });
      const second = await stream.finalResponse();
      const third = await client.responses.create({
        model,
        input: "Third question",
        previous_response_id: second.id,
      });
      expect(third).toMatchObject({
        output_text: "Third answer",
        previous_response_id: second.id,
        instructions: null,
      });
      const turns = ["First question", "First answer", "Second question", "Second answer", "Third question"];
      const places = turns.map((text) => sent().indexOf(text));
      expect(places).toEqual(places.toSorted((left, right) => left - right));
      expect(places.every((place) => place > 0)).toBe(true);
      expect(sent()).not.toContain("Latin");
      expect(sent()).not.toContain("resp_");
      expect(await client.responses.retrieve(third.id)).toEqual(third);
      const { data } = await client.responses.inputItems.list(third.id);
      expect(data).toHaveLength(1);
    });

    it("carries tool calls on, so that their outputs alone are sent", async () => {
      const { client, network } = site;
      network.mock.plan(upstream, {
        toolCalls: [{ name: "get_weather", arguments: { city: "Oslo" } }],
        text: "It rains in Oslo.",
      });
      const first = await client.responses.create({ model, input: "Weather in Oslo?", tools: [weather] });
      const call = first.output.find((item) => item.type === "function_call");
      expect(call).toMatchObject({ name: "get_weather", arguments: '{"city":"Oslo"}' });
      const second = await client.responses.create({
        model,
        tools: [weather],
        previous_response_id: first.id,
        input: [{ type: "function_call_output", call_id: call?.call_id ?? "", output: "rain" }],
      });
      expect(second.output_text).toBe("It rains in Oslo.");
      for (const text of ["Weather in Oslo?", "get_weather", "rain"]) expect(sent()).toContain(text);
    });
  },
);

describe("a conversation", () => {
  it("cannot be continued behind a response that was deleted, nor where an earlier one was", async () => {
    const { client } = site;
    const model = "gpt-test";
    const first = await client.responses.create({ model, input: "one" });
    const second = await client.responses.create({ model, input: "two", previous_response_id: first.id });
    await client.responses.delete(first.id);
    for (const previous_response_id of [first.id, second.id])
      await expect(
        client.responses.create({ model, input: "x", previous_response_id }),
      ).rejects.toMatchObject({
        status: 404,
        code: "not_found",
        param: "previous_response_id",
      });
    expect(await client.responses.retrieve(second.id)).toMatchObject({ id: second.id });
  });

  it("may branch, and change its model on the way", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", { text: "The number is seven." });
    const first = await client.responses.create({ model: "gpt-test", input: "Think of a number" });
    for (const { model } of upstreams)
      await client.responses.create({ model, input: "Which one?", previous_response_id: first.id });
    const bodies = network.mock
      .calls()
      .slice(1)
      .map(({ body }) => JSON.stringify(body));
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(body).toContain("The number is seven.");
  });

  it("goes on in a job, too, and behind one", async () => {
    const { client, network } = site;
    network.mock.plan("up-gpt", { texts: ["Seven.", "Eight."] });
    const model = "gpt-test";
    const first = await client.responses.create({ model, input: "A number" });
    const accepted = await site.ask("/v1/jobs", {
      method: "POST",
      body: JSON.stringify({
        endpoint: "/v1/responses",
        body: { model, input: "And the next?", previous_response_id: first.id },
      }),
    });
    const { id } = (await accepted.json()) as { id: string };
    const ended = (await (await site.ask(`/v1/jobs/${id}?wait=10`)).json()) as { status: string };
    expect(ended.status).toBe("succeeded");
    expect(JSON.stringify(network.mock.calls().at(-1)?.body)).toContain("Seven.");
    const third = await client.responses.create({
      model,
      input: "And then?",
      previous_response_id: id.replace("job_", "resp_"),
    });
    expect(third.status).toBe("completed");
    const body = JSON.stringify(network.mock.calls().at(-1)?.body);
    for (const text of ["Seven.", "And the next?", "Eight."]) expect(body).toContain(text);
  });
});
