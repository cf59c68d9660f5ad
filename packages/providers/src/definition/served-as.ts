import type { Capability, Operation, WireFormatName } from "@tokenhub/contracts";
import type { ProviderTraits } from "./provider-definition.ts";

/** What a provider is asked to do for an operation, and in which format. */
export interface ServedOperation {
  /** Differs from the caller's only for a text completion that is served through chat. */
  readonly operation: Operation;
  readonly wireFormat: WireFormatName;
}

export interface ServedAsInput {
  readonly operation: Operation;
  readonly callerFormat: WireFormatName;
  readonly upstreamModel: string;
  /** Of the catalogue's model; null: not declared. */
  readonly modelCapabilities: readonly Capability[] | null;
  /** Of the provider; options `completions` and `responses` say `native` or `chat` for all its models. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * How a provider serves an operation; null when it does not. Chat and embeddings are served as they are; chat that is
 * asked for as OpenAI Responses goes to the path made for it when the provider has one. A text completion goes to the path made for it when the type has one and the model is meant for it, else through chat:
 *
 * | `capabilities.completion` | native for                                                                              |
 * |---------------------------|-----------------------------------------------------------------------------------------|
 * | `native`                  | every model                                                                             |
 * | `per_model`               | models declared for completion and not for chat; undeclared ones named like a base or instruct model |
 * | `through_chat`            | none                                                                                    |
 */
export function servedAs(provider: ProviderTraits, input: ServedAsInput): ServedOperation | null {
  const direct = provider.wireFormats[input.operation];
  if (servesResponses(provider, input)) return served("chat", "openai-responses");
  if (input.operation !== "completion") return served(input.operation, direct);
  if (direct !== undefined && isNative(provider, input)) return served("completion", direct);
  return served("chat", provider.wireFormats.chat) ?? served("completion", direct);
}

function served(operation: Operation, wireFormat: WireFormatName | undefined): ServedOperation | null {
  return wireFormat === undefined ? null : { operation, wireFormat };
}

function servesResponses({ responses }: ProviderTraits, input: ServedAsInput): boolean {
  if (input.operation !== "chat" || input.callerFormat !== "openai-responses") return false;
  const wanted = input.options["responses"];
  return responses === "native" ? wanted !== "chat" : responses === "on_request" && wanted === "native";
}

function isNative({ capabilities }: ProviderTraits, input: ServedAsInput): boolean {
  const wanted = input.options["completions"];
  if (wanted === "native" || wanted === "chat") return wanted === "native";
  if (capabilities.completion !== "per_model") return capabilities.completion === "native";
  const declared = input.modelCapabilities;
  if (declared !== null) return declared.includes("completion") && !declared.includes("chat");
  return completionModelName.test(input.upstreamModel);
}

/** OpenAI's completion models; its chat models are refused on the path of text completions. */
const completionModelName = /^(?:gpt-3\.5-turbo-instruct|(?:text-)?(?:davinci|babbage|curie|ada)-0)/;
