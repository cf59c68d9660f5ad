import type { CallFailure } from "@tokenhub/contracts";
import type {
  FailureResponse,
  ProviderDefinition,
  ResponseHeaders,
} from "../definition/provider-definition.ts";
import { badResponse } from "../failure/call-failure.ts";
import { isErrorValue } from "../failure/read-error-body.ts";
import { redactKeyInFailure, redactKeyInText } from "../failure/redact-key.ts";

/** An error body is read up to here, whatever its length. */
export const maxErrorBodyBytes = 65_536;

export interface ReceivedBody {
  readonly definition: ProviderDefinition;
  readonly apiKey: string | null;
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly nowMs: number;
}

export type BodyReading =
  | { readonly kind: "usable"; readonly json: unknown }
  | { readonly kind: "failed"; readonly failure: CallFailure };

/** Tells an answer from an error, a cut or an empty body. `text` came with a success status. */
export function readSuccessBody(text: string, body: ReceivedBody): BodyReading {
  if (text === "") return failed(badResponse("The provider answered with an empty body.", body.status));
  const json = parseJson(text);
  if (typeof json !== "object" || json === null) {
    return failed(
      badResponse(`The provider's answer is not complete JSON (${text.length} characters).`, body.status),
    );
  }
  if (isErrorValue(json)) return failed(readErrorText(text, body));
  return { kind: "usable", json };
}

/** What to make of a 200 that should have been an event stream and is not. */
export function readInsteadOfStream(text: string, body: ReceivedBody): CallFailure {
  if (isErrorValue(parseJson(text))) return readErrorText(text, body);
  return badResponse("The provider did not answer with an event stream.", body.status);
}

/** Classifies an error body by the definition's rules, without the API key in it. */
export function readErrorText(
  text: string,
  { definition, apiKey, status, headers, nowMs }: ReceivedBody,
): CallFailure {
  const bounded = text.length > maxErrorBodyBytes ? text.slice(0, maxErrorBodyBytes) : text;
  const response: FailureResponse = { status, headers, bodyText: redactKeyInText(bounded, apiKey), nowMs };
  return redactKeyInFailure(definition.readFailure(response), apiKey);
}

/** The failure that a stream's first event reports, or null when it is an ordinary event. */
export function readFirstEvent(data: string, body: ReceivedBody): CallFailure | null {
  const mayBeError = data.includes('"error"');
  return mayBeError && isErrorValue(parseJson(data)) ? readErrorText(data, body) : null;
}

/** The failure that a later event of a stream reports, without the API key in it. */
export function readStreamFailure(
  data: string,
  call: Pick<ReceivedBody, "definition" | "apiKey" | "nowMs">,
): CallFailure {
  return readErrorText(data, { ...call, status: 200, headers: {} });
}

function failed(failure: CallFailure): BodyReading {
  return { kind: "failed", failure };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Broken JSON is an expected answer; undefined is no JSON value, so callers can tell.
    return undefined;
  }
}
