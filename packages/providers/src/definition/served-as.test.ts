import { describe, expect, test } from "vitest";
import { providerDefinitions } from "../registry.ts";
import { servedAs, type ServedAsInput } from "./served-as.ts";

function completion(type: string, overrides: Partial<ServedAsInput> = {}): unknown {
  const definition = providerDefinitions.get(type);
  if (definition === undefined) throw new Error(`no type ${type}`);
  return servedAs(definition, {
    operation: "completion",
    callerFormat: "openai-completions",
    upstreamModel: "some-model",
    modelCapabilities: null,
    options: {},
    ...overrides,
  });
}

const native = { operation: "completion", wireFormat: "openai-completions" };
const throughChat = { operation: "chat", wireFormat: "openai-chat" };

describe("servedAs", () => {
  test.each([
    ["vllm", native],
    ["ollama", native],
    ["together", native],
    ["openai", throughChat],
    ["azure-openai", throughChat],
    ["openai-compatible", throughChat],
    ["nim", throughChat],
    ["groq", throughChat],
    ["mock", throughChat],
    ["anthropic", { operation: "chat", wireFormat: "anthropic-messages" }],
  ])("S3-11, S3-12: %s has text completion, natively or through chat, and chat", (type, expected) => {
    expect(completion(type)).toEqual(expected);
    expect(completion(type, { operation: "chat" })).toMatchObject({ operation: "chat" });
  });

  test("every type of the product serves chat and text completion", () => {
    for (const type of providerDefinitions.keys()) {
      expect(completion(type)).not.toBeNull();
      expect(completion(type, { operation: "chat" })).not.toBeNull();
    }
  });

  test.each(["gpt-4", "gpt-4o-mini", "gpt-3.5-turbo", "o3", "ada-assistant"])(
    "S3-11: OpenAI's chat model %s is asked through chat, because its own path refuses it",
    (upstreamModel) => {
      expect(completion("openai", { upstreamModel })).toEqual(throughChat);
      const modelCapabilities = ["chat", "completion"] as const;
      expect(completion("openai", { upstreamModel, modelCapabilities })).toEqual(throughChat);
    },
  );

  test.each(["gpt-3.5-turbo-instruct", "gpt-3.5-turbo-instruct-0914", "davinci-002", "babbage-002"])(
    "OpenAI's completion model %s is asked on the path of its own",
    (upstreamModel) => {
      expect(completion("openai", { upstreamModel })).toEqual(native);
    },
  );

  test("a model that is declared for completion and not for chat is asked natively, whatever its name", () => {
    expect(completion("openai-compatible", { modelCapabilities: ["completion"] })).toEqual(native);
  });

  test("the option completions decides for all models of a provider, where the type has the path", () => {
    expect(completion("openai-compatible", { options: { completions: "native" } })).toEqual(native);
    expect(completion("vllm", { options: { completions: "chat" } })).toEqual(throughChat);
    expect(completion("groq", { options: { completions: "native" } })).toEqual(throughChat);
    expect(completion("vllm", { options: { completions: "perhaps" } })).toEqual(native);
  });

  describe("asked for OpenAI Responses", () => {
    const native = { operation: "chat", wireFormat: "openai-responses" };
    const asked = { operation: "chat", callerFormat: "openai-responses" } as const;

    test("OpenAI serves them itself, unless an option says that its address knows only chat", () => {
      expect(completion("openai", asked)).toEqual(native);
      expect(completion("openai", { ...asked, options: { responses: "chat" } })).toEqual(throughChat);
      expect(completion("openai", { ...asked, callerFormat: "openai-chat" })).toEqual(throughChat);
    });

    test.each(["openai-compatible", "vllm", "ollama", "groq", "together", "nim"])(
      "%s does where an option says so",
      (type) => {
        expect(completion(type, asked)).toEqual(throughChat);
        expect(completion(type, { ...asked, options: { responses: "native" } })).toEqual(native);
      },
    );

    test.each(["anthropic", "azure-openai", "mock"])("%s never does", (type) => {
      const served = completion(type, { ...asked, options: { responses: "native" } });
      expect(served).not.toEqual(native);
      expect(served).toMatchObject({ operation: "chat" });
    });
  });

  test("an operation that is not served is null", () => {
    expect(completion("anthropic", { operation: "embeddings" })).toBeNull();
    expect(completion("groq", { operation: "embeddings" })).toBeNull();
    expect(completion("openai", { operation: "embeddings" })).toEqual({
      operation: "embeddings",
      wireFormat: "openai-embeddings",
    });
  });
});
