import type { CallFailure, CatalogueProvider } from "@tokenhub/contracts";
import { missingBaseUrl } from "../client/call-provider.ts";
import { checkCredential } from "../client/check-credential.ts";
import { endpointsOf } from "../client/endpoint-urls.ts";
import {
  isBuiltIn,
  type AnyProvider,
  type BuiltInProvider,
  type DiscoveredModel,
  type ProviderDefinition,
} from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { adapterFailure } from "../failure/adapter-failure.ts";
import { badResponse, callFailure } from "../failure/call-failure.ts";
import { findProvider } from "../registry.ts";
import { askJson } from "./ask-json.ts";

const defaultTimeoutMs = 10_000;
/** 1 MiB, over all pages. */
const maxBytes = 1_048_576;
const maxPages = 20;
const maxModels = 10_000;

/** A provider as it is configured, or about to be. */
export interface ProviderTarget {
  readonly provider: Pick<CatalogueProvider, "id" | "type" | "baseUrl" | "headers" | "options">;
  readonly apiKey: string | null;
  readonly signal?: AbortSignal | undefined;
  /** Of the whole question; default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Default: the type of the registry. */
  readonly definition?: AnyProvider | undefined;
  /** Unix milliseconds. */
  readonly clock?: (() => number) | undefined;
}

export type ModelsAnswer =
  | {
      readonly kind: "found";
      readonly models: readonly DiscoveredModel[];
      /** False: there are more than were read. */
      readonly isComplete: boolean;
      readonly endpoint: string | null;
    }
  | {
      readonly kind: "failed";
      readonly failure: CallFailure;
      /** The network's error, e.g. `ECONNREFUSED`; null when there was none. */
      readonly networkCode: string | null;
      readonly endpoint: string | null;
    };

/** Asks a provider for its models at the first of its endpoints that can be reached. Never throws. */
export async function askModels(target: ProviderTarget): Promise<ModelsAnswer> {
  const definition = target.definition ?? findProvider(target.provider.type);
  if (definition === null) return failedWith(unknownType(target.provider.type));
  if (target.signal?.aborted === true) return failedWith(abortFailure(target.signal.reason));
  if (isBuiltIn(definition)) return askBuiltIn(target, definition);
  const credentialFailure = checkCredential(target.apiKey, definition);
  if (credentialFailure !== null) return failedWith(credentialFailure);
  const endpoints = endpointsOf(target.provider, definition);
  const deadline = performance.now() + (target.timeoutMs ?? defaultTimeoutMs);
  let answer: ModelsAnswer = failedWith(missingBaseUrl());
  for (const endpoint of endpoints) {
    answer = await askEndpoint(target, { definition, endpoint, deadline });
    const isElsewhereWorthAsking = answer.kind === "failed" && answer.failure.code === "provider_unreachable";
    if (!isElsewhereWorthAsking || performance.now() >= deadline) return answer;
  }
  return answer;
}

interface EndpointQuestion {
  readonly definition: ProviderDefinition;
  readonly endpoint: string;
  /** By `performance.now()`. */
  readonly deadline: number;
}

async function askEndpoint(target: ProviderTarget, question: EndpointQuestion): Promise<ModelsAnswer> {
  const { definition, endpoint, deadline } = question;
  const { headers, options } = target.provider;
  const found = new Map<string, DiscoveredModel>();
  let pageToken: string | null = null;
  let bytes = 0;
  for (let page = 0; page < maxPages; page += 1) {
    const request = { baseUrl: endpoint, apiKey: target.apiKey, headers, options, pageToken };
    const { reply, fate } = await askJson(definition.models.buildRequest(request), {
      definition,
      apiKey: target.apiKey,
      signal: target.signal ?? new AbortController().signal,
      timeoutMs: Math.max(1, deadline - performance.now()),
      maxBytes: maxBytes - bytes,
      clock: target.clock ?? Date.now,
    });
    if (reply.kind === "failed") {
      return { kind: "failed", failure: reply.failure, networkCode: fate.networkCode, endpoint };
    }
    const list = reply.kind === "body" ? definition.models.readPage(reply.json) : null;
    if (reply.kind !== "body" || list === null) return { ...failedWith(notAList()), endpoint };
    bytes += Buffer.byteLength(reply.bodyText);
    const known = found.size;
    for (const model of list.models) if (!found.has(model.id)) found.set(model.id, model);
    pageToken = list.nextPageToken;
    if (pageToken === null) return foundAt(endpoint, { found, isComplete: true });
    // A page without anything new would be followed by itself for ever.
    if (found.size === known || bytes >= maxBytes) break;
  }
  return foundAt(endpoint, { found, isComplete: false });
}

function foundAt(
  endpoint: string,
  { found, isComplete }: { found: ReadonlyMap<string, DiscoveredModel>; isComplete: boolean },
): ModelsAnswer {
  const models = [...found.values()].slice(0, maxModels);
  return { kind: "found", models, isComplete: isComplete && models.length === found.size, endpoint };
}

/** Runs a question to a provider inside the process within its time; `ask` gets a signal that aborts then. */
export async function askInTime<Answer>(
  target: ProviderTarget,
  {
    definition,
    ask,
  }: {
    definition: BuiltInProvider;
    ask: (settings: Parameters<BuiltInProvider["listModels"]>[0]) => Promise<Answer>;
  },
): Promise<{ kind: "answered"; answer: Answer } | { kind: "failed"; failure: CallFailure }> {
  const { provider, apiKey } = target;
  const isCancelled = (): boolean => target.signal?.aborted === true;
  if (isCancelled()) return { kind: "failed", failure: abortFailure(target.signal?.reason) };
  const timeoutMs = target.timeoutMs ?? defaultTimeoutMs;
  const signal = AbortSignal.any([
    AbortSignal.timeout(timeoutMs),
    ...(target.signal === undefined ? [] : [target.signal]),
  ]);
  const baseUrl = provider.baseUrl ?? definition.defaultBaseUrl;
  const settings = { providerId: provider.id, apiKey, baseUrl, options: provider.options, signal };
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return { kind: "answered", answer: await Promise.race([ask(settings), aborted]) };
  } catch (error) {
    if (target.signal?.aborted === true)
      return { kind: "failed", failure: abortFailure(target.signal.reason) };
    if (signal.aborted) return { kind: "failed", failure: tooSlow(timeoutMs) };
    return { kind: "failed", failure: adapterFailure(error, { apiKey }) };
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

async function askBuiltIn(target: ProviderTarget, definition: BuiltInProvider): Promise<ModelsAnswer> {
  const asked = await askInTime(target, { definition, ask: (settings) => definition.listModels(settings) });
  if (asked.kind === "failed") return failedWith(asked.failure);
  return { kind: "found", models: asked.answer, isComplete: true, endpoint: null };
}

function failedWith(failure: CallFailure): Extract<ModelsAnswer, { kind: "failed" }> {
  return { kind: "failed", failure, networkCode: null, endpoint: null };
}

function unknownType(type: string): CallFailure {
  return callFailure("fatal", {
    code: "provider_unavailable",
    message: `There is no provider type "${type}".`,
  });
}

function notAList(): CallFailure {
  return badResponse("The provider answered with something else than a list of models.", 200);
}

function tooSlow(timeoutMs: number): CallFailure {
  return callFailure("transient", {
    code: "provider_timeout",
    message: `The provider did not answer within ${timeoutMs} ms.`,
  });
}
