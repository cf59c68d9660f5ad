import { describe, expect, test } from "vitest";
import { readAddressAllowList, type AddressAllowList } from "./address-allow-list.ts";
import { checkWebhookUrl } from "./check-webhook-url.ts";

function allowing(...entries: readonly string[]): AddressAllowList {
  const reading = readAddressAllowList(entries);
  return reading.kind === "ok" ? reading.allow : [];
}

describe("without an allow-list", () => {
  test.each([
    ["https://example.com/hook?a=b", "https://example.com/hook?a=b"],
    ["HTTPS://Example.COM:443/hook#part", "https://example.com/hook"],
    ["https://example.com:80/", "https://example.com:80/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["https://8.8.8.8", "https://8.8.8.8/"],
    ["https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/"],
  ])("%s is taken as %s", (text, url) => {
    expect(checkWebhookUrl(text, [])).toEqual({ kind: "ok", url });
  });

  test.each([
    ["", /not a URL/],
    ["example.com/hook", /not a URL/],
    ["https://", /not a URL/],
    ["https://256.1.1.1/", /not a URL/],
    [`https://example.com/${"a".repeat(2_048)}`, /longer than 2048/],
    ["ftp://example.com/", /begin with https/],
    ["file:///etc/passwd", /begin with https/],
    ["javascript:alert(1)", /begin with https/],
    ["http://example.com/hook", /over https only.*TOKENHUB_WEBHOOK_ALLOW/],
    ["http://8.8.8.8/hook", /over https only/],
    ["https://user@example.com/", /user name or password/],
    ["https://user:word@example.com/", /user name or password/],
    ["https://example.com:8443/", /443 and 80 only, not to 8443/],
    ["https://example.com:22/", /not to 22/],
  ])("%s is refused", (text, problem) => {
    expect(checkWebhookUrl(text, [])).toEqual({ kind: "refused", problem: expect.stringMatching(problem) });
  });

  test.each(
    [
      ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "①②⑦.0.0.1", "0x7f000001"],
      ["localhost", "LOCALHOST", "localhost.", "a.localhost", "0", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"],
      ["[::ffff:7f00:1]", "[::7f00:1]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "172.16.0.1"],
      ["[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "100.64.0.1"],
    ].flat(),
  )("%s is refused in this spelling too", (host) => {
    expect(checkWebhookUrl(`https://${host}/hook`, [])).toEqual({
      kind: "refused",
      problem: expect.stringMatching(/ is an? .*to which no webhook is sent; .*TOKENHUB_WEBHOOK_ALLOW/),
    });
  });
});

describe("with an allow-list", () => {
  const allow = allowing("127.0.0.0/8", "10.0.0.0/8");

  test.each([
    "http://127.0.0.1:9000/",
    "http://localhost:9000/",
    "https://10.1.1.1:8443/",
    "http://2130706433/",
  ])("%s is taken, without TLS and at any port", (text) => {
    expect(checkWebhookUrl(text, allow)).toMatchObject({ kind: "ok" });
  });

  test("what a name leads to is only known when it is looked up, so a name may be of an opened address", () => {
    expect(checkWebhookUrl("http://receiver:9000/", allow)).toMatchObject({ kind: "ok" });
  });

  test.each(["http://8.8.8.8/", "https://8.8.8.8:8443/", "https://192.168.1.1/", "https://[::1]/"])(
    "%s stays refused: it is not on the list",
    (text) => {
      expect(checkWebhookUrl(text, allow)).toMatchObject({ kind: "refused" });
    },
  );
});
