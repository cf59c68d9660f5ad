import { TokenHubError } from "@tokenhub/contracts";
import { openWebhookSecret, readAddressAllowList } from "@tokenhub/webhooks";
import { describe, expect, it } from "vitest";
import { readJobWebhook } from "./read-job-webhook.ts";

const clusterSecret = Buffer.alloc(32, 7);
const read = (value: unknown, allow: readonly string[] = []) => {
  const reading = readAddressAllowList(allow);
  return readJobWebhook(value, { clusterSecret, allow: reading.kind === "ok" ? reading.allow : [] });
};
const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const url = "https://example.com/hook";

describe("the webhook of a job", () => {
  it("may be a URL, which is told of the job's end with the tenant's own secret", () => {
    expect(read("HTTPS://Example.com/hook#part")).toEqual({ url, sealedSecret: null, eventTypes: null });
  });

  it("may bring a secret, which is sealed, and name what it wants", () => {
    const { sealedSecret, ...rest } = read({ url, secret, events: ["job.failed", "job.failed"] });
    expect(rest).toEqual({ url, eventTypes: ["job.failed"] });
    expect(sealedSecret).not.toContain(secret.slice(6, 30));
    expect(openWebhookSecret(sealedSecret ?? "", clusterSecret)).toBe(secret);
  });

  it("may lead where the operator allows it, and nowhere else that is private", () => {
    const inner = "http://10.1.2.3:8080/hook";
    expect(() => read(inner)).toThrow(TokenHubError);
    expect(read(inner, ["10.0.0.0/8"]).url).toBe(inner);
  });

  it.each([
    [7, "webhook"],
    [null, "webhook"],
    [["https://example.com/"], "webhook"],
    ["nonsense", "webhook"],
    ["https://127.0.0.1/", "webhook"],
    [{}, "webhook.url"],
    [{ url: "ftp://example.com/" }, "webhook.url"],
    [{ url: "https://[::ffff:10.0.0.1]/" }, "webhook.url"],
    [{ url, secret: "short" }, "webhook.secret"],
    [{ url, events: [] }, "webhook.events"],
    [{ url, events: ["batch.completed"] }, "webhook.events.0"],
    [{ url, color: "red" }, "webhook"],
  ])("is refused when it is %j, naming %s", (value, param) => {
    try {
      read(value);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(TokenHubError);
      expect(error).toMatchObject({ code: "invalid_request", param, message: expect.stringMatching(/\S/) });
      expect(String(error)).not.toContain("short");
    }
  });
});
