import { startTestNetwork, until } from "@tokenhub/testkit";
import { Webhook } from "standardwebhooks";
import { expect, inject, it } from "vitest";
import { call } from "../orchestration/native-door.ts";
import { openReceiver, type Received } from "./receiver.ts";
import { createEndpoint } from "./webhook-door.ts";

const body = { model: "gpt-test", messages: [{ role: "user", content: "words of nobody else" }] };

it("the end of a job is told at the URL it names, signed with its secret or its tenant's, and to endpoints", async () => {
  await using network = await startTestNetwork({ redisUrl: inject("redisUrl") });
  const asked = { url: network.url, apiKey: network.apiKey };
  const begin = (webhook: unknown) =>
    call(asked, "/v1/jobs", { method: "POST", body: { endpoint: "/v1/chat/completions", body, webhook } });
  const [plain, secured, listening] = [await openReceiver(), await openReceiver(), await openReceiver()];
  const rotated = await call(asked, "/v1/webhook_signing_secret/rotate", { method: "POST" });
  const own = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
  const { secret } = await createEndpoint(asked, listening.url, ["job.succeeded"]);

  const jobs = [await begin(plain.url), await begin({ url: secured.url, secret: own })];
  expect(jobs.map(({ status }) => status)).toEqual([202, 202]);
  const [plainJob, securedJob] = jobs.map(({ json }) => json["id"]);
  await until("all receivers", () => listening.received.length === 2 && secured.received.length === 1);
  await until("the plain one", () => plain.received.length === 1);
  const verified = (received: Received | undefined, key: unknown): unknown =>
    new Webhook(String(key)).verify(
      received?.body ?? "",
      (received?.headers ?? {}) as Record<string, string>,
    );
  expect(verified(plain.received[0], rotated.json["signing_secret"])).toMatchObject({
    type: "job.succeeded",
    data: { id: plainJob, state: "succeeded", status_code: 200 },
  });
  expect(verified(secured.received[0], own)).toMatchObject({ data: { id: securedJob } });
  for (const received of listening.received) verified(received, secret);
  expect(listening.received.map(({ body: text }) => text).join()).not.toContain("words of nobody else");

  const bad = await begin("https://169.254.169.254/");
  // The operator of this network opened loopback addresses and no others.
  expect([bad.status, bad.json.error?.["param"]]).toEqual([400, "webhook"]);
});
