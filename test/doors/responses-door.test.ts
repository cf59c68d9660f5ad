import { startTestNetwork, testApiKey, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { postJson } from "./post-json.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl") });
});
afterAll(() => network[Symbol.asyncDispose]());
beforeEach(() => {
  network.mock.clearPlans();
  network.mock.clearCalls();
});

interface ResponseEvent {
  readonly type: string;
  readonly response?: { readonly id: string; readonly [member: string]: unknown };
}

const respond = (body: object) => postJson(network, "/v1/responses", { body });

/** The events of a streamed response; comments are signs of life. */
async function stream(
  body: object,
): Promise<{ readonly headers: Headers; readonly events: ResponseEvent[] }> {
  const response = await fetch(`${network.url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${testApiKey}` },
    body: JSON.stringify({ ...body, stream: true }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  const events = [...text.matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? "") as ResponseEvent,
  );
  return { headers: response.headers, events };
}

const ownId = (headers: Headers): string | undefined => headers.get("x-request-id")?.replace("req_", "resp_");

describe("the Responses door", () => {
  it("needs no model, and takes wishes as every door does", async () => {
    const { status, headers, json } = await respond({
      input: "hello",
      tokenhub: { strategy: "highest_weight" },
    });
    expect([status, headers.get("x-tokenhub-model")]).toEqual([200, "claude-test"]);
    expect(json).toMatchObject({ object: "response", status: "completed", model: "claude-test" });
    expect(JSON.stringify(network.mock.calls())).not.toContain("highest_weight");
  });

  it("shapes the text of an answer, and asks again for one that does not fit its schema", async () => {
    network.mock.plan("up-gpt", { texts: ["<think>hm</think>none", '{"age": 3}'] });
    const schema = { type: "object", required: ["age"], properties: { age: { type: "integer" } } };
    const { status, json } = await respond({
      model: "gpt-test",
      instructions: "Be brief.",
      input: "How old?",
      tokenhub: { output_schema: schema, output_format: { strip_think: true, repair: true } },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({
      instructions: "Be brief.",
      output: [{ type: "message", content: [{ type: "output_text", text: '{"age": 3}' }] }],
    });
    const bodies = network.mock.calls().map(({ body }) => JSON.stringify(body));
    expect(bodies).toHaveLength(2);
    expect(bodies[0]).toContain("JSON Schema");
    expect(bodies[1]).toContain("none");
  });

  it("gives a kept answer as a response of its own", async () => {
    const body = {
      model: "gpt-test",
      input: "Keep this answer",
      metadata: { a: "b" },
      tokenhub: { cache: true },
    };
    const [first, second] = [await respond(body), await respond(body)];
    expect(second.headers.get("x-tokenhub-cache")).toBe("hit");
    expect(network.mock.calls()).toHaveLength(1);
    expect([first.json["id"], second.json["id"]]).toEqual([ownId(first.headers), ownId(second.headers)]);
    expect(second.json).toMatchObject({ metadata: { a: "b" }, status: "completed" });

    const streamed = await stream(body);
    expect(streamed.headers.get("x-tokenhub-cache")).toBe("hit");
    const ids = streamed.events.flatMap(({ response }) => response?.id ?? []);
    expect(new Set(ids)).toEqual(new Set([ownId(streamed.headers)]));
    expect(streamed.events.at(-1)).toMatchObject({
      type: "response.completed",
      response: { metadata: { a: "b" }, output: [{ type: "message" }] },
    });
  });

  it("answers with an orchestration, whole and as a stream", async () => {
    const body = { model: "tokenhub/refine", instructions: "Be brief.", input: "Design a system" };
    for (const upstream of ["up-gpt", "up-claude", "up-spare"]) network.mock.plan(upstream, { text: "text" });
    const whole = await respond(body);
    expect(whole.status).toBe(200);
    expect(whole.json).toMatchObject({
      id: ownId(whole.headers),
      status: "completed",
      instructions: "Be brief.",
      output: [{ content: [{ type: "output_text", text: "text" }] }],
    });
    expect(whole.headers.get("x-tokenhub-run")).toMatch(/^run_/);
    const { events } = await stream(body);
    expect(events[0]).toMatchObject({ type: "response.created", response: { instructions: "Be brief." } });
    expect(events.at(-1)).toMatchObject({
      type: "response.completed",
      response: { instructions: "Be brief.", output: [{ content: [{ text: "text" }] }] },
    });
  });

  it("refuses what it cannot keep or find, and other methods, in OpenAI's shape", async () => {
    const refused = await respond({ input: "hello", prompt: { id: "pmpt_1" } });
    expect([refused.status, refused.json]).toMatchObject([
      400,
      { error: { code: "invalid_request", param: "prompt" } },
    ]);
    const unknown = await respond({ model: "gpt-9", input: "hello" });
    expect([unknown.status, unknown.json]).toMatchObject([404, { error: { code: "model_not_found" } }]);
    const put = await fetch(`${network.url}/v1/responses`, { method: "PUT" });
    expect([put.status, await put.json()]).toMatchObject([405, { error: { code: "method_not_allowed" } }]);
    expect(network.mock.calls()).toEqual([]);
  });
});
