import { startTestNetwork, type TestNetwork } from "@tokenhub/testkit";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { adminEnvironment, administer } from "../admin/admin-client.ts";

let network: TestNetwork;
beforeAll(async () => {
  network = await startTestNetwork({ redisUrl: inject("redisUrl"), env: { ...adminEnvironment } });
});
afterAll(() => network[Symbol.asyncDispose]());

it("HEAD at the event stream is answered at once, with the headers of the stream and no end to wait for", async () => {
  const answer = await administer(network, "HEAD", "/admin/v1/events");
  expect(answer).toMatchObject({ status: 200, text: "" });
  expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
});

it("every path has one spelling, so that a rule of a proxy about it cannot be passed by", async () => {
  for (const path of ["/METRICS", "/Admin", "/V1/models", "/v1/Chat/completions", "/ADMIN/v1/info"]) {
    const response = await fetch(network.url + path);
    expect([path, response.status, await response.text()]).toEqual([
      path,
      404,
      expect.stringContaining("unknown_path"),
    ]);
  }
});
