import type { CallFailure } from "@tokenhub/contracts";

/** What kept a provider from being used; each asks for another remedy. */
export type ConnectionCause =
  | "configuration"
  | "dns"
  | "refused"
  | "unreachable"
  | "tls"
  | "timeout"
  | "broken_connection"
  | "auth"
  | "quota"
  | "rate_limited"
  | "not_found"
  | "bad_answer"
  | "provider_error"
  | "cancelled";

const nameErrors = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]);
const noRouteErrors = new Set(["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN", "EADDRNOTAVAIL"]);
const timeErrors = new Set(["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT"]);
const tlsErrors =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO$|INVALID_CA$|PATH_LENGTH_)/;

/** Tells the cause of a failed question by the network's error code, else by the answer's class and status. */
export function connectionCause(failure: CallFailure, networkCode: string | null): ConnectionCause {
  return (networkCode === null ? null : networkCause(networkCode)) ?? answerCause(failure);
}

function networkCause(code: string): ConnectionCause | null {
  if (nameErrors.has(code)) return "dns";
  if (code === "ECONNREFUSED") return "refused";
  if (noRouteErrors.has(code)) return "unreachable";
  if (timeErrors.has(code)) return "timeout";
  if (tlsErrors.test(code)) return "tls";
  return code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET" ? "broken_connection" : null;
}

function answerCause({ class: failureClass, code, providerStatus }: CallFailure): ConnectionCause {
  if (failureClass === "auth") return "auth";
  if (failureClass === "quota_exhausted") return "quota";
  if (failureClass === "rate_limited") return "rate_limited";
  if (failureClass === "cancelled" || failureClass === "deadline") return "cancelled";
  if (code === "provider_timeout") return "timeout";
  if (providerStatus === 404 || providerStatus === 405 || providerStatus === 410) return "not_found";
  if (code === "provider_bad_response") return "bad_answer";
  if (providerStatus !== null) return "provider_error";
  return code === "provider_unreachable" && failureClass === "transient" ? "unreachable" : "configuration";
}
