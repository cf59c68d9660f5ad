import { describe, expect, it } from "vitest";
import { compose } from "../../compose.ts";
import { anthropicClient, collect, openAiClient } from "../../testing/clients.ts";

describe("model lists with the official clients", () => {
  it("lists the stock models until plans name others", async () => {
    await using mock = await compose({ port: 0 });
    const client = openAiClient(mock);
    const stock = await collect(client.models.list());
    expect(stock.map((model) => model.id)).toEqual(["mock-gpt", "mock-claude", "mock-embedding"]);
    mock.plan("*", { text: "hi" });
    mock.plan("org/own-model", {});
    mock.plan("/v1/models", {});
    const planned = await collect(client.models.list());
    expect(planned.map((model) => model.id)).toEqual(["org/own-model"]);
  });

  it("describes one model, and has no model that is not listed", async () => {
    await using mock = await compose({ port: 0 }, { plans: { "org/own-model": {} } });
    const client = openAiClient(mock);
    expect(await client.models.retrieve("org/own-model")).toMatchObject({
      id: "org/own-model",
      object: "model",
    });
    await expect(client.models.retrieve("other")).rejects.toMatchObject({
      status: 404,
      code: "model_not_found",
    });
  });

  it("speaks Anthropic's shape to Anthropic's client", async () => {
    await using mock = await compose({ port: 0 }, { plans: { "claude-x": {} } });
    const client = anthropicClient(mock);
    const models = await collect(client.models.list());
    expect(models).toMatchObject([{ type: "model", id: "claude-x", display_name: "claude-x" }]);
    expect(await client.models.retrieve("claude-x")).toMatchObject({ type: "model", id: "claude-x" });
  });

  it("does not use up the default plan's steps, only those of a plan for the path", async () => {
    await using mock = await compose({ port: 0 });
    mock.plan("*", { steps: [{ kind: "status", status: 500 }], rateLimit: { requestsPerMinute: 1 } });
    const client = openAiClient(mock);
    await client.models.list();
    await client.models.list();
    mock.plan("/v1/models", { steps: [{ kind: "status", status: 500 }] });
    await expect(client.models.list()).rejects.toMatchObject({ status: 500 });
    await expect(client.models.list()).resolves.toBeDefined();
  });
});
