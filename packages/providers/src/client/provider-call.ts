import type { CallFailure, CatalogueProvider, Operation, WireFormatName } from "@tokenhub/contracts";
import type { RateLimitSnapshot } from "@tokenhub/resilience";
import type { AnyProvider } from "../definition/provider-definition.ts";
import type { EndpointReport } from "./endpoint-rotation.ts";

/** All times in milliseconds, measured from the start of the call unless said otherwise. */
export interface CallLimits {
  /** Until the response headers have arrived. */
  readonly headersTimeoutMs: number;
  /** Streams: until the first event has arrived; comments do not count. Absent: `idleTimeoutMs` after the headers. */
  readonly firstTokenTimeoutMs?: number | undefined;
  /** Between two pieces of the body. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** Of the whole body, decoded or not; default 32 MiB. */
  readonly maxResponseBytes?: number | undefined;
  /** Of one stream event; default 4 MiB. */
  readonly maxEventBytes?: number | undefined;
}

export interface ProviderCallInput {
  readonly provider: CatalogueProvider;
  readonly definition: AnyProvider;
  readonly operation: Operation;
  /** The format of `bodyText`. Absent: the definition's own for the operation. */
  readonly wireFormat?: WireFormatName | undefined;
  readonly apiKey: string | null;
  /** It is sent unchanged. */
  readonly bodyText: string;
  readonly stream: boolean;
  readonly upstreamModel: string;
  readonly requestId: string;
  /** Aborting closes the socket at once. Reason `deadline` gives class `deadline`, any other class `cancelled`. */
  readonly signal: AbortSignal;
  readonly limits: CallLimits;
}

/** Rate-limit headers and the provider's request id, by lower-case name. */
export type ReplyHeaders = Readonly<Record<string, string>>;

interface Told {
  readonly headers: ReplyHeaders;
  /** What the provider said about its limits with this answer or refusal; absent when it said nothing. */
  readonly rateLimit?: RateLimitSnapshot;
}

export type ProviderReply = Told &
  (
    | {
        readonly kind: "body";
        readonly status: number;
        readonly bodyText: string;
        /** `bodyText` parsed, since it had to be parsed to be trusted. */
        readonly json: unknown;
      }
    | {
        readonly kind: "stream";
        /** Decoded text of the event stream, exactly as received but cut anywhere. Throws `ProviderStreamError`. */
        readonly chunks: AsyncIterable<string>;
      }
    | { readonly kind: "failed"; readonly failure: CallFailure }
  );

export interface ProviderClient extends AsyncDisposable {
  /**
   * Makes one call and settles within the limits, whatever the provider does. Expected failures are values: refused,
   * late, malformed or error answers come back as `failed`. A `stream` reply is given only after its first event, so
   * whatever fails before it is a `failed` too.
   */
  call(input: ProviderCallInput): Promise<ProviderReply>;
}

export interface EndpointReporter {
  /**
   * Takes what a health check found out about one of a provider's endpoints: one that is down gets no calls while others
   * are up, one that is back gets them at once.
   */
  reportEndpoint(report: EndpointReport): void;
}
