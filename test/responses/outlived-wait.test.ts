import { until } from "@tokenhub/testkit";
import { expect, it } from "vitest";
import { startResponseSite } from "./response-site.ts";

it("a response whose caller's wait runs out is finished as a job, and kept under the id it would have had", async () => {
  await using site = await startResponseSite({ TOKENHUB_SYNC_WAIT_MS: "300" });
  const { client, network } = site;
  network.mock.plan("up-gpt", { text: "At last", latencyMs: 3_000 });
  const answer = await site.ask("/v1/responses", {
    method: "POST",
    body: JSON.stringify({ model: "gpt-test", input: "x" }),
  });
  expect([answer.status, await answer.json()]).toMatchObject([504, { error: { code: "sync_wait_timeout" } }]);
  const id = (answer.headers.get("x-request-id") ?? "").replace("req_", "resp_");
  const kept = await until("the response", () => client.responses.retrieve(id).catch(() => null));
  expect(kept).toMatchObject({ id, status: "completed", output_text: "At last", background: false });
  expect(network.mock.calls()).toHaveLength(1);
});
