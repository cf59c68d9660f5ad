import { defaultDimensions, embeddingVector } from "../../answer/embedding-vector.ts";
import { numberOf, stringOf, type JsonObject } from "../../json-value.ts";
import { promptBytes } from "../prompt-text.ts";
import { upstreamError, type UpstreamError } from "../upstream-error.ts";

export interface EmbeddingsQuestion {
  readonly model: string;
  /** One text per vector; a list of token ids counts as the text of its numbers. */
  readonly inputs: readonly string[];
  readonly dimensions: number;
  readonly encoding: "float" | "base64";
  readonly promptTokens: number;
}

/** Far beyond any model; a vector of any length asked for would exhaust the process. */
const dimensionsMax = 65_536;

export type ReadEmbeddings =
  | { readonly isValid: true; readonly question: EmbeddingsQuestion }
  | { readonly isValid: false; readonly error: UpstreamError };

/** Reads the body of `POST /v1/embeddings`. */
export function readEmbeddingsQuestion(body: JsonObject): ReadEmbeddings {
  const model = stringOf(body["model"]);
  if (model === null || model === "") return refuse("A model is needed.", { param: "model" });
  const inputs = readInputs(body["input"]);
  if (inputs.length === 0) return refuse("An input is needed.", { param: "input" });
  const dimensions = Math.max(1, numberOf(body["dimensions"]) ?? defaultDimensions);
  if (dimensions > dimensionsMax)
    return refuse(`At most ${dimensionsMax} dimensions are possible.`, { param: "dimensions" });
  return {
    isValid: true,
    question: {
      model,
      inputs,
      dimensions,
      encoding: body["encoding_format"] === "base64" ? "base64" : "float",
      promptTokens: Math.floor(promptBytes(inputs) / 4),
    },
  };
}

function refuse(message: string, { param }: { readonly param: string }): ReadEmbeddings {
  return { isValid: false, error: upstreamError(400, { message, param }) };
}

function readInputs(input: unknown): readonly string[] {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input)) return [];
  if (typeof input[0] === "number") return [input.join(" ")];
  return input.map((item: unknown) => (Array.isArray(item) ? item.join(" ") : String(item)));
}

/** The body of an embeddings answer; `promptTokens` null leaves usage out. */
export function encodeEmbeddings(
  question: EmbeddingsQuestion,
  { promptTokens }: { readonly promptTokens: number | null },
): unknown {
  const { model, inputs, dimensions, encoding } = question;
  return {
    object: "list",
    data: inputs.map((text, index) => {
      const vector = embeddingVector(text, { dimensions });
      return {
        object: "embedding",
        index,
        embedding: encoding === "base64" ? toBase64(vector) : [...vector],
      };
    }),
    model,
    ...(promptTokens === null ? {} : { usage: { prompt_tokens: promptTokens, total_tokens: promptTokens } }),
  };
}

/** Little-endian 32-bit floats, as the API and the clients have them. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString("base64");
}
