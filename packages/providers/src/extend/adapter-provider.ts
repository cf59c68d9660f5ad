import { chatCompletion, chatCompletionChunks } from "../built-in/chat-completion.ts";
import { notJson, parseJsonObject } from "../built-in/parse-json-object.ts";
import type {
  BuiltInAnswer,
  BuiltInCall,
  BuiltInProvider,
  BuiltInSettings,
} from "../definition/provider-definition.ts";
import { badResponse } from "../failure/call-failure.ts";
import { adapterFailure } from "../failure/adapter-failure.ts";
import { readChatRequest } from "./chat-request.ts";
import { completionOf } from "./completion-of.ts";
import type { AdapterSettings, ProviderAdapter, ProviderAdapterClass } from "./provider-adapter.ts";

export interface ProviderClassOptions {
  /** `required`: without a key the class is never called. Default `optional`. */
  readonly credential?: "required" | "optional";
  /** Given to the class when the configuration has no `base_url`. */
  readonly defaultBaseUrl?: string | null;
  /** The largest context window of any of its models. */
  readonly maxContextTokens?: number | null;
}

interface Instance {
  readonly settings: string;
  readonly adapter: ProviderAdapter;
}

/** Makes a provider type of a class: chat and text completions, whole or as a stream, through `chatCompletion`. */
export function adapterProvider(
  type: string,
  { AdapterClass, options }: { AdapterClass: ProviderAdapterClass; options: ProviderClassOptions },
): BuiltInProvider {
  const instances = new Map<string, Instance>();
  const adapterOf = (settings: BuiltInSettings): ProviderAdapter =>
    instanceOf(settings, { AdapterClass, instances });
  return {
    type,
    wireFormats: { chat: "openai-chat" },
    defaultBaseUrl: options.defaultBaseUrl ?? null,
    credential: options.credential ?? "optional",
    extensions: [],
    capabilities: {
      chat: true,
      completion: "through_chat",
      embeddings: false,
      streaming: true,
      tools: false,
      images: false,
      maxContextTokens: options.maxContextTokens ?? null,
    },
    features: () => ({ maxTokensField: "max_tokens" }),
    answer: (call) => answer(call, adapterOf),
    async listModels(settings) {
      const names = await adapterOf(settings).getAvailableModels();
      return names.map((id) => ({ id, ownedBy: null }));
    },
    async validateApiKey(settings) {
      return await adapterOf(settings).validateApiKey();
    },
    forgetKeys: () => instances.clear(),
  };
}

async function answer(
  call: BuiltInCall,
  adapterOf: (settings: BuiltInSettings) => ProviderAdapter,
): Promise<BuiltInAnswer> {
  const body = parseJsonObject(call.bodyText);
  if (body === null) return { kind: "failed", failure: notJson() };
  const reading = readChatRequest(body, { model: call.upstreamModel, signal: call.signal });
  if (reading.kind === "refused") return { kind: "failed", failure: reading.failure };
  const { request } = reading;
  let answered: unknown;
  try {
    answered = await adapterOf(call).chatCompletion(request);
  } catch (error) {
    return { kind: "failed", failure: adapterFailure(error, { apiKey: call.apiKey }) };
  }
  const completion = completionOf(answered, { request, call });
  if (completion === null) {
    return { kind: "failed", failure: badResponse("The provider class answered without a text.", null) };
  }
  if (call.stream) return { kind: "stream", chunks: chatCompletionChunks(completion) };
  return { kind: "body", bodyText: JSON.stringify(chatCompletion(completion)) };
}

/** One instance for each configured provider. Other settings, a key taken away among them, replace it. */
function instanceOf(
  { providerId: id, apiKey, baseUrl, options }: BuiltInSettings,
  { AdapterClass, instances }: { AdapterClass: ProviderAdapterClass; instances: Map<string, Instance> },
): ProviderAdapter {
  const settings = JSON.stringify([apiKey, baseUrl, options]);
  const known = instances.get(id);
  if (known?.settings === settings) return known.adapter;
  instances.delete(id);
  const given: AdapterSettings = { id, apiKey, baseUrl, options };
  const adapter = new AdapterClass(given);
  instances.set(id, { settings, adapter });
  return adapter;
}
