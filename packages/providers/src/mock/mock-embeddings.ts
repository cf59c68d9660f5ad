import { estimatePromptTokens } from "../built-in/estimate-prompt-tokens.ts";
import { unitVector } from "./unit-vector.ts";

const defaultDimensions = 256;
const maxDimensions = 8_192;

/** An embeddings answer in the OpenAI format: equal inputs get equal vectors of length 1. */
export function mockEmbeddings(
  request: Record<string, unknown>,
  { model }: { model: string },
): Record<string, unknown> {
  const inputs = inputsOf(request["input"]);
  const dimensions = dimensionsOf(request["dimensions"]);
  const isBase64 = request["encoding_format"] === "base64";
  const tokens = estimatePromptTokens(request["input"]);
  return {
    object: "list",
    data: inputs.map((input, index) => {
      const vector = unitVector(input, { dimensions });
      return { object: "embedding", index, embedding: isBase64 ? asBase64(vector) : [...vector] };
    }),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** One text for each embedding: a string, a list of strings, a list of tokens, or a list of such lists. */
function inputsOf(input: unknown): string[] {
  if (!Array.isArray(input)) return [asText(input)];
  if (input.every((item) => typeof item === "number")) return [input.join(" ")];
  return input.map(asText);
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

function dimensionsOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) return defaultDimensions;
  return Math.min(value, maxDimensions);
}

/** Little-endian 32-bit floats, as the official clients ask for by default. */
function asBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString("base64");
}
