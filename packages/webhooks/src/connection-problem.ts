import { errors } from "undici";

const problemsByCode: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at its address",
  ECONNRESET: "it broke the connection off",
  EPIPE: "it broke the connection off",
  UND_ERR_SOCKET: "it broke the connection off",
  EHOSTUNREACH: "there is no way to its address",
  ENETUNREACH: "there is no way to its address",
  ETIMEDOUT: "its address does not answer",
  ENOTFOUND: "its name does not exist",
  ENODATA: "its name has no address",
  ETIMEOUT: "its name cannot be looked up, because no name server answers",
  ESERVFAIL: "its name cannot be looked up, because the name server fails",
  EAI_AGAIN: "its name cannot be looked up, because no name server answers",
  UND_ERR_HEADERS_OVERFLOW: "the headers of its answer are too large",
  CERT_HAS_EXPIRED: "its certificate has expired",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes from an authority that is not trusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  EPROTO: "it does not speak TLS there",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS there",
};

/** Why there is no answer, as a sentence for the receiver's owner; the error itself may name what is none of their business. */
export function connectionProblem(error: unknown): string {
  if (error instanceof errors.HTTPParserError) return "The receiver's answer is not valid HTTP.";
  const code = codeOf(error);
  const known = code === null ? undefined : problemsByCode[code];
  return `The receiver could not be reached: ${known ?? `the connection failed (${code ?? "unknown"})`}.`;
}

/** The code of an error, or of the first of several addresses that could not be reached. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : null;
  const code: unknown = Reflect.get(first instanceof Error ? first : error, "code");
  return typeof code === "string" ? code : null;
}
