import type { CallFailure } from "@tokenhub/contracts";
import { badResponse, callFailure } from "./call-failure.ts";

const unusableRequestCodes = new Set([
  "ERR_INVALID_URL",
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);
const brokenAnswerCodes = new Set(["UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);

/** Stands in for the code that undici's parser errors lack. */
const notHttp = "HPE_ERROR";
const noCode = "no error code";

/**
 * Classifies an error of the HTTP client before or during an answer. Only the error's code is used: messages of network
 * libraries may quote addresses and header values.
 *
 * | what | class | code |
 * |---|---|---|
 * | refused, reset, DNS, TLS, connect timeout | transient | provider_unreachable |
 * | answer that is not HTTP, cut short of its length | transient | provider_bad_response |
 * | unusable address or header in our configuration | fatal | provider_unreachable |
 */
export function networkFailure(error: unknown): CallFailure {
  const code = networkErrorCode(error);
  if (unusableRequestCodes.has(code)) {
    return callFailure("fatal", {
      code: "provider_unreachable",
      message: `The provider's base URL or extra headers cannot be used (${code}).`,
    });
  }
  if (brokenAnswerCodes.has(code) || code.startsWith("HPE_")) {
    return badResponse(`The provider's answer is cut short or not HTTP (${code}).`, null);
  }
  return callFailure("transient", {
    code: "provider_unreachable",
    message: `The connection to the provider failed (${code}).`,
  });
}

/** The failure of a stream that broke after its first event. */
export function interruptedStream(error: unknown): CallFailure {
  return callFailure("transient", {
    code: "stream_interrupted",
    message: `The provider's stream broke off (${networkErrorCode(error)}).`,
    providerStatus: 200,
  });
}

/** The error's code, e.g. `ECONNREFUSED`, or words that say there is none. */
export function networkErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return noCode;
  if (error.name === "HTTPParserError") return notHttp;
  const code = "code" in error ? error.code : null;
  return typeof code === "string" && /^[A-Z0-9_]{1,64}$/.test(code) ? code : noCode;
}
