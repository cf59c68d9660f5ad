import { describe, expect, test } from "vitest";
import { requestHeaders } from "./request-headers.ts";

describe("requestHeaders", () => {
  test("configured headers are added under lower-case names", () => {
    const headers = requestHeaders({ headers: { "Anthropic-Beta": "files-api" }, stream: false }, {});
    expect(headers["anthropic-beta"]).toBe("files-api");
  });

  test("a configured header never replaces the credential, whatever its case", () => {
    const headers = requestHeaders(
      { headers: { Authorization: "Bearer other", "X-API-KEY": "other" }, stream: false },
      { authorization: "Bearer own", "x-api-key": "own" },
    );
    expect(headers).toMatchObject({ authorization: "Bearer own", "x-api-key": "own" });
  });

  test.each(["Connection", "content-length", "Transfer-Encoding", "Host", "Expect", "Upgrade"])(
    "a configured %s is left out, because it would break the request",
    (name) => {
      const headers = requestHeaders({ headers: { [name]: "x" }, stream: false }, {});
      expect(Object.keys(headers)).not.toContain(name.toLowerCase());
    },
  );

  test("compression is declined even when a configured header asks for it", () => {
    const headers = requestHeaders({ headers: { "Accept-Encoding": "gzip" }, stream: false }, {});
    expect(headers["accept-encoding"]).toBe("identity");
  });

  test("a stream asks for an event stream, anything else for JSON", () => {
    expect(requestHeaders({ headers: {}, stream: true }, {})["accept"]).toBe("text/event-stream");
    expect(requestHeaders({ headers: {}, stream: false }, {})["accept"]).toBe("application/json");
  });
});
