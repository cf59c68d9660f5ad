import { describe, expect, test } from "vitest";
import { indexCatalogue } from "./catalogue-index.ts";
import { resolveTarget } from "./resolve-target.ts";
import { testAlias, testCatalogue, testModel, testProvider } from "./test-catalogue.ts";

const index = indexCatalogue(
  testCatalogue({
    providers: [
      testProvider("openai"),
      testProvider("local", { type: "vllm" }),
      testProvider("off", { enabled: false }),
    ],
    models: [
      testModel("gpt-4"),
      testModel("b", { providerId: "local" }),
      testModel("local/b", { providerId: "local" }),
      testModel("meta-llama/Llama-2-70b", { providerId: "local" }),
      testModel("gpt-4x", { providerId: "off" }),
      testModel("x/deep/twin", { providerId: "local" }),
      testModel("y/twin", { providerId: "local" }),
    ],
    aliases: [
      testAlias("fast", { models: ["b", "gpt-4", "b", "deleted"] }),
      testAlias("gpt-4", { models: ["b"] }),
      testAlias("off-alias", { models: ["b"], enabled: false }),
    ],
  }),
);

function named(name: string | null): string {
  const target = resolveTarget(index, name);
  if (target.kind === "model") return `model ${target.entry.model.id}`;
  return target.kind === "alias"
    ? `alias of ${target.alias.entries.map((entry) => entry.model.id).join(" ")}`
    : target.kind;
}

describe("the model of a request", () => {
  test.each([
    [null, "any"],
    ["", "any"],
    ["  ", "any"],
    ["*", "any"],
    ["auto", "any"],
    ["gpt-4", "model gpt-4"],
    [" gpt-4 ", "model gpt-4"],
    ["openai/gpt-4", "model gpt-4"],
    ["local/b", "model local/b"],
    ["local/meta-llama/Llama-2-70b", "model meta-llama/Llama-2-70b"],
    ["meta-llama/Llama-2-70b", "model meta-llama/Llama-2-70b"],
    ["fast", "alias of b gpt-4"],
    ["Llama-2-70b", "model meta-llama/Llama-2-70b"],
    ["off-alias", "unknown"],
    ["2-70b", "unknown"],
    ["twin", "unknown"],
    ["deep/twin", "model x/deep/twin"],
    ["GPT-4", "unknown"],
    ["local/gpt-4", "unknown"],
    ["vllm/b", "unknown"],
    ["openai/fast", "unknown"],
    ["/gpt-4", "unknown"],
    ["gpt-4/", "unknown"],
  ])("%j stands for: %s", (name, expected) => {
    expect(named(name)).toBe(expected);
  });

  test("a disabled alias lets the next rule decide", () => {
    const models = [testModel("vendor/small", { providerId: "openai" }), testModel("big")];
    const aliases = [
      testAlias("*", { models: ["big"], enabled: false }),
      testAlias("small", { models: ["big"], enabled: false }),
    ];
    const disabled = indexCatalogue(testCatalogue({ models, aliases }));
    expect(resolveTarget(disabled, "*").kind).toBe("any");
    expect(resolveTarget(disabled, "small")).toMatchObject({
      kind: "model",
      entry: { model: { id: "vendor/small" } },
    });
  });

  test("the exact id wins over a provider prefix and over the end of another id", () => {
    const models = [
      testModel("b", { providerId: "a" }),
      testModel("a/b", { providerId: "a" }),
      testModel("c/a/b"),
    ];
    const ids = indexCatalogue(testCatalogue({ providers: [testProvider("a")], models }));
    expect(resolveTarget(ids, "a/b")).toMatchObject({ entry: { model: { id: "a/b" } } });
  });

  test("an alias called * replaces the open choice", () => {
    const starred = indexCatalogue(
      testCatalogue({
        models: [testModel("a"), testModel("b")],
        aliases: [testAlias("*", { models: ["b"] })],
      }),
    );
    expect(resolveTarget(starred, "*").kind).toBe("alias");
    expect(resolveTarget(starred, "auto").kind).toBe("any");
    expect(resolveTarget(starred, null).kind).toBe("any");
  });
});

describe("an unknown name", () => {
  const messageFor = (name: string): string => {
    const target = resolveTarget(index, name);
    return target.kind === "unknown" ? target.message : "";
  };

  test("is answered with close names, usable models and aliases only", () => {
    expect(messageFor("gpt-5")).toBe(
      "No model is called gpt-5. Did you mean gpt-4? GET /v1/models lists them; without a name the server picks one.",
    );
    expect(messageFor("fsat")).not.toContain("Did you mean");
    expect(messageFor("fastt")).toContain("Did you mean fast?");
  });

  test("is answered with the model meant by a wrong provider prefix", () => {
    expect(messageFor("azure/gpt-4")).toContain("Did you mean gpt-4?");
  });

  test("never brings line breaks or more than 299 characters into a header", () => {
    const message = messageFor(`x\r\nset-cookie: a=b ${"ü".repeat(5000)}`);
    expect(message).toMatch(/^[\u0020-\u007e]{1,299}$/);
  });
});
