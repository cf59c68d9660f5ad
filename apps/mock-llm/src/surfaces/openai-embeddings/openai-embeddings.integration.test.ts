import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, defaultDimensions, type MockLlm } from "../../compose.ts";
import { openAiClient } from "../../testing/clients.ts";

describe("embeddings with the official client", () => {
  let mock: MockLlm;
  beforeAll(async () => {
    mock = await compose({ port: 0 });
  });
  afterAll(() => mock[Symbol.asyncDispose]());

  it("gives the same vector for the same text, in both encodings", async () => {
    const client = openAiClient(mock);
    const request = { model: "e", input: ["one", "two", "one"] };
    // Without encoding_format the client asks for base64 and decodes it.
    const decoded = await client.embeddings.create(request);
    const floats = await client.embeddings.create({ ...request, encoding_format: "float" });
    const vectors = floats.data.map((item) => item.embedding);
    expect(decoded.data.map((item) => [...item.embedding])).toEqual(vectors);
    expect(vectors[0]).toHaveLength(defaultDimensions);
    expect(vectors[2]).toEqual(vectors[0]);
    expect(vectors[1]).not.toEqual(vectors[0]);
    expect(mock.calls().map((call) => (call.body as { encoding_format: string }).encoding_format)).toEqual([
      "base64",
      "float",
    ]);
  });

  it("gives as many dimensions as asked for and counts the tokens", async () => {
    const answer = await openAiClient(mock).embeddings.create({
      model: "e",
      input: "12345678",
      dimensions: 7,
    });
    expect(answer.data[0]?.embedding).toHaveLength(7);
    expect(answer.usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
  });

  it("takes token ids as input", async () => {
    const answer = await openAiClient(mock).embeddings.create({ model: "e", input: [[1, 2], [3]] });
    expect(answer.data.map((item) => item.index)).toEqual([0, 1]);
  });

  it("follows the plan's steps like any other call", async () => {
    mock.plan("failing", { steps: [{ kind: "status", status: 503 }] });
    const client = openAiClient(mock);
    const request = { model: "failing", input: "x" };
    await expect(client.embeddings.create(request)).rejects.toMatchObject({ status: 503 });
    await expect(client.embeddings.create(request)).resolves.toMatchObject({ object: "list" });
  });
});
