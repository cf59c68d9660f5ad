import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startJobSite, type JobSite } from "./job-site.ts";

let site: JobSite;
beforeAll(async () => {
  site = await startJobSite();
});
afterAll(() => site[Symbol.asyncDispose]());

describe("a generation whose caller does not wait", () => {
  it("is accepted with a place to look, and gives there what a waiting caller would have got", async () => {
    const accepted = await site.ask("/v1/chat/completions", {
      body: site.chat(),
      headers: { prefer: "respond-async" },
    });
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get("preference-applied")).toBe("respond-async");
    const location = accepted.headers.get("location") ?? "";
    expect(location).toBe(`/v1/jobs/${accepted.id}`);
    const ended = await site.ask(`${location}?wait=10`);
    expect(ended.json).toMatchObject({
      status: "succeeded",
      attempts: 1,
      decision: { model: "gpt-test", provider: "openai-up" },
      usage: { input_tokens: expect.any(Number) as number },
      result: { status_code: 200, body: { object: "chat.completion", model: "gpt-test" } },
    });
  });

  it("is answered at once when it is done within the wait", async () => {
    const answered = await site.ask("/v1/chat/completions", {
      body: site.chat(),
      headers: { prefer: "respond-async, wait=10" },
    });
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject({ object: "chat.completion" });
    expect(answered.headers.get("x-tokenhub-model")).toBe("gpt-test");
  });

  it.each([
    ["/v1/messages", { max_tokens: 10 }, { type: "message" }],
    ["/v1/completions", { prompt: "x", messages: undefined }, { object: "text_completion" }],
    ["/v1/embeddings", { model: "embed-test", input: "x", messages: undefined }, { object: "list" }],
    ["/v1/chat", {}, {}],
    ["/v1/responses", { input: "x", messages: undefined }, { object: "response" }],
  ])("%s does so, too, in its own shape", async (path, more, shape) => {
    const answered = await site.ask(path, {
      body: site.chat("Hello", more),
      headers: { prefer: "respond-async, wait=10" },
    });
    expect(answered.status).toBe(200);
    expect(answered.json).toMatchObject(shape);
  });

  it("is refused at once for what is wrong with it, in the shape of its endpoint", async () => {
    const refused = await site.ask("/v1/messages", {
      body: { model: "gpt-test", messages: "none", max_tokens: 1 },
      headers: { prefer: "respond-async" },
    });
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ type: "error" });
  });
});

describe("POST /v1/jobs", () => {
  it("takes a request for an endpoint, and everything about the job", async () => {
    const accepted = await site.ask("/v1/jobs", {
      body: {
        endpoint: "/v1/chat/completions",
        body: site.chat(),
        priority: 9,
        metadata: { order: "7" },
        tags: ["nightly"],
        deadline: Math.floor(Date.now() / 1_000) + 600,
      },
    });
    expect(accepted.status).toBe(202);
    expect(accepted.json).toMatchObject({
      object: "job",
      origin: "jobs_api",
      priority: 9,
      metadata: { order: "7" },
    });
    const ended = await site.ask(`/v1/jobs/${accepted.id}?wait=10`);
    expect(ended.json).toMatchObject({ status: "succeeded", tags: ["nightly"] });
    const listed = await site.ask("/v1/jobs?tag=nightly");
    expect(listed.json).toMatchObject({ data: [{ id: accepted.id }], has_more: false });
  });

  it("follows an orchestration, too", async () => {
    const accepted = await site.ask("/v1/jobs", {
      body: { endpoint: "/v1/adversarial", body: { prompt: "Plan" } },
    });
    expect(accepted.text).toContain("job_");
    const ended = await site.ask(`/v1/jobs/${accepted.id}?wait=20`);
    expect(ended.json).toMatchObject({ status: "succeeded", result: { status_code: 200 } });
  });

  it("tells of a stream event by event, and again from any of them", async () => {
    const accepted = await site.ask("/v1/jobs", {
      body: { endpoint: "/v1/chat/completions", body: site.chat("Hello", { stream: true }) },
    });
    const path = `/v1/jobs/${accepted.id}/events`;
    const live = await site.ask(path);
    const events = live.text.split("\n\n").filter((block) => block.startsWith("id:"));
    expect(events[0]).toMatch(/^id: 1\nevent: accepted/);
    expect(events.at(-1)).toMatch(/event: ended/);
    expect(events.length).toBeGreaterThan(4);
    const again = await site.ask(`${path}?after=3`);
    expect(again.text.split("\n\n").filter((block) => block.startsWith("id:"))).toEqual(events.slice(3));
  });
});
