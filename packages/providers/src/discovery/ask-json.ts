import { Pool } from "undici";
import { Exchange, type ExchangeFate } from "../client/exchange.ts";
import type { ProviderReply } from "../client/provider-call.ts";
import { splitUrl } from "../client/split-url.ts";
import type { GetRequest, HttpRequest, ProviderDefinition } from "../definition/provider-definition.ts";
import { abortFailure } from "../failure/abort-failure.ts";
import { networkErrorCode, networkFailure } from "../failure/network-failure.ts";

export interface AskJsonOptions {
  readonly definition: ProviderDefinition;
  readonly apiKey: string | null;
  readonly signal: AbortSignal;
  /** Of all of it. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly clock: () => number;
}

export interface JsonReply {
  readonly reply: ProviderReply;
  readonly fate: ExchangeFate;
}

/**
 * Asks a provider something small beside calls, with an answer in JSON, on a connection of its own, which is closed afterwards. Classified like a call;
 * redirects are not followed, so the key goes nowhere else.
 */
export async function askJson(
  request: GetRequest | HttpRequest,
  options: AskJsonOptions,
): Promise<JsonReply> {
  const { url, headers } = request;
  const { definition, apiKey, signal, timeoutMs, maxBytes, clock } = options;
  const { origin, path } = splitUrl(url);
  const unsent: ExchangeFate = { wasSent: false, networkCode: null };
  if (signal.aborted) {
    return { reply: { kind: "failed", failure: abortFailure(signal.reason), headers: {} }, fate: unsent };
  }
  let pool: Pool;
  try {
    pool = openPool(origin, timeoutMs);
  } catch (error) {
    const fate = { wasSent: false, networkCode: networkErrorCode(error) };
    return { reply: { kind: "failed", failure: networkFailure(error), headers: {} }, fate };
  }
  const limits = {
    headersTimeoutMs: timeoutMs,
    idleTimeoutMs: timeoutMs,
    totalTimeoutMs: timeoutMs,
    maxResponseBytes: maxBytes,
  };
  try {
    return await new Promise((resolve) => {
      const call = { apiKey, limits, signal, stream: false };
      const settle = (reply: ProviderReply, fate: ExchangeFate): void => resolve({ reply, fate });
      pool.dispatch(
        "bodyText" in request
          ? { path, method: request.method, headers, body: request.bodyText }
          : { path, method: "GET", headers },
        new Exchange({ call, definition, clock, settle }),
      );
    });
  } finally {
    await pool.destroy();
  }
}

function openPool(origin: string, timeoutMs: number): Pool {
  return new Pool(origin, {
    connections: 1,
    connectTimeout: timeoutMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
}
