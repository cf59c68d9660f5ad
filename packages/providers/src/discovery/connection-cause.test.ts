import { describe, expect, test } from "vitest";
import { callFailure } from "../failure/call-failure.ts";
import { networkFailure } from "../failure/network-failure.ts";
import { connectionCause, type ConnectionCause } from "./connection-cause.ts";

describe("connectionCause", () => {
  test.each<[string, ConnectionCause]>([
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["ECONNREFUSED", "refused"],
    ["EHOSTUNREACH", "unreachable"],
    ["ENETUNREACH", "unreachable"],
    ["ETIMEDOUT", "timeout"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["EPROTO", "tls"],
    ["ECONNRESET", "broken_connection"],
    ["UND_ERR_SOCKET", "broken_connection"],
    ["HPE_INVALID_CONSTANT", "bad_answer"],
    ["EWHATEVER", "unreachable"],
    ["UND_ERR_INVALID_ARG", "configuration"],
  ])("%s is %s", (code, cause) => {
    const failure = networkFailure(Object.assign(new Error("x"), { code }));
    expect(connectionCause(failure, code)).toBe(cause);
  });

  test.each([
    [401, "auth"],
    [404, "not_found"],
    [405, "not_found"],
    [500, "provider_error"],
  ] as const)("an answer with HTTP %d is %s", (providerStatus, cause) => {
    const failureClass = providerStatus === 401 ? "auth" : "fatal";
    const failure = callFailure(failureClass, { code: "provider_error", message: "x", providerStatus });
    expect(connectionCause(failure, null)).toBe(cause);
  });
});
