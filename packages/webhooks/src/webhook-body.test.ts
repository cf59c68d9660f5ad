import type { WebhookEvent } from "@tokenhub/contracts";
import { expect, test } from "vitest";
import { webhookBodyOf } from "./webhook-body.ts";
import { webhookEventIdOf } from "./webhook-event-id.ts";

const event: WebhookEvent = {
  id: webhookEventIdOf({ type: "batch.completed", subjectId: "batch_1" }),
  tenantId: "tenant_secret",
  projectId: "project_secret",
  type: "batch.completed",
  createdAtMs: 1_700_000_000_999,
  data: { id: "batch_1" },
};

test("the body is OpenAI's envelope, with the time in whole seconds and nothing of the tenant", () => {
  expect(webhookBodyOf(event)).toBe(
    `{"id":"${event.id}","object":"event","created_at":1700000000,"type":"batch.completed","data":{"id":"batch_1"}}`,
  );
});

test("an event's id follows from what it tells of, and from nothing else", () => {
  const id = webhookEventIdOf({ type: "job.failed", subjectId: "job_1" });
  expect(id).toMatch(/^evt_[0-9a-f]{32}$/);
  expect(webhookEventIdOf({ type: "job.failed", subjectId: "job_1" })).toBe(id);
  const others = [
    webhookEventIdOf({ type: "job.failed", subjectId: "job_2" }),
    webhookEventIdOf({ type: "job.succeeded", subjectId: "job_1" }),
    webhookEventIdOf({ type: "job.failed", subjectId: "job_1", occurrence: 2 }),
    webhookEventIdOf({ type: "job.failed", subjectId: "job_1", occurrence: 3 }),
  ];
  expect(new Set([id, ...others]).size).toBe(5);
});
