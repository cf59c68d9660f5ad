import { describe, expect, test } from "vitest";
import { abortFailure } from "./abort-failure.ts";
import { interruptedStream, networkFailure } from "./network-failure.ts";

function errorWithCode(code: string): Error {
  return Object.assign(new Error("connect to 10.0.0.1 with Bearer sk-secret failed"), { code });
}

describe("networkFailure", () => {
  test.each([
    "ECONNREFUSED",
    "ECONNRESET",
    "ENOTFOUND",
    "EAI_AGAIN",
    "UND_ERR_SOCKET",
    "UND_ERR_CONNECT_TIMEOUT",
  ])("%s is a transient failure to reach the provider", (code) => {
    expect(networkFailure(errorWithCode(code))).toMatchObject({
      class: "transient",
      code: "provider_unreachable",
    });
  });

  test.each(["DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_SSL_WRONG_VERSION_NUMBER"])(
    "the TLS error %s is one too",
    (code) => {
      expect(networkFailure(errorWithCode(code))).toMatchObject({ code: "provider_unreachable" });
    },
  );

  test.each(["HPE_INVALID_CONSTANT", "UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"])(
    "%s is a bad answer",
    (code) => {
      expect(networkFailure(errorWithCode(code))).toMatchObject({
        class: "transient",
        code: "provider_bad_response",
      });
    },
  );

  test("so is an answer that the HTTP parser does not understand", () => {
    const error = Object.assign(new Error("Expected HTTP/"), { name: "HTTPParserError", code: undefined });
    expect(networkFailure(error)).toMatchObject({ class: "transient", code: "provider_bad_response" });
  });

  test.each(["UND_ERR_INVALID_ARG", "ERR_INVALID_URL"])("%s is our configuration, so it is fatal", (code) => {
    expect(networkFailure(errorWithCode(code))).toMatchObject({ class: "fatal" });
  });

  test("nothing of the library's message is repeated", () => {
    for (const failure of [
      networkFailure(errorWithCode("ECONNRESET")),
      interruptedStream(errorWithCode("ECONNRESET")),
    ]) {
      expect(JSON.stringify(failure)).not.toMatch(/10\.0\.0\.1|secret/);
      expect(failure.message).toContain("ECONNRESET");
    }
  });

  test.each([undefined, "text", new Error("no code"), errorWithCode("not a code: sk-secret")])(
    "an error without a usable code is transient and says so",
    (error) => {
      expect(networkFailure(error)).toMatchObject({
        class: "transient",
        message: "The connection to the provider failed (no error code).",
      });
    },
  );
});

describe("abortFailure", () => {
  test.each(["deadline", new DOMException("late", "TimeoutError")])("%s is the deadline", (reason) => {
    expect(abortFailure(reason)).toMatchObject({ class: "deadline", code: "deadline_exceeded" });
  });

  test.each(["cancelled", "shutdown", undefined, new DOMException("no", "AbortError")])(
    "%s is a cancellation",
    (reason) => {
      expect(abortFailure(reason)).toMatchObject({ class: "cancelled", code: "cancelled" });
    },
  );
});
