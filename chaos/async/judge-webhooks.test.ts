import { webhookEventIdOf } from "@tokenhub/webhooks";
import { describe, expect, test } from "vitest";
import type { SeenDelivery } from "./flaky-receiver.ts";
import type { JobFacts } from "./job-facts.ts";
import { judgeWebhooks } from "./judge-webhooks.ts";

const eventId = webhookEventIdOf({ type: "job.succeeded", subjectId: "job_1" });
const seen = (more: Partial<SeenDelivery> = {}): SeenDelivery => ({
  path: "/managed",
  eventId,
  jobId: "job_1",
  type: "job.succeeded",
  body: "one text",
  isSigned: true,
  isTaken: true,
  atMs: 1,
  ...more,
});
const job: JobFacts = {
  id: "job_1",
  number: 1,
  state: "succeeded",
  isStream: false,
  errorCode: null,
  errorMessage: null,
  finishedAtMs: 1,
  webhookPath: "/own/1",
};
const judge = (...deliveries: SeenDelivery[]) => judgeWebhooks({ deliveries, jobs: [job] });
const own = seen({ path: "/own/1" });

describe("judgeWebhooks", () => {
  test("each receiver of an ended job is told once at least, under the id that follows from the end", () => {
    const verdict = judge(seen({ isTaken: false }), seen(), own);
    expect(verdict).toEqual({
      attempts: 3,
      due: 2,
      missing: [],
      wrong: [],
      stray: [],
      unsigned: 0,
      repeats: 0,
    });
  });

  test("what was never taken is missing, however often it was tried", () => {
    expect(judge(seen({ isTaken: false }), own).missing).toEqual(["/managed job_1"]);
  });

  test("a repetition under the same id is counted, and is no fault", () => {
    expect(judge(seen(), seen(), own)).toMatchObject({ repeats: 1, wrong: [] });
  });

  test("another id, or another text under the same id, is wrong", () => {
    expect(judge(seen(), seen({ eventId: "evt_other" }), own).wrong).toHaveLength(1);
    expect(judge(seen({ eventId: "evt_other" }), own).wrong).toHaveLength(1);
    expect(judge(seen(), seen({ body: "another text" }), own).wrong).toHaveLength(1);
  });

  test("what is told of no job, or to nobody who asked, is stray; a bad signature is counted", () => {
    const verdict = judge(seen(), own, seen({ jobId: "job_2" }), seen({ path: "/own/2", isSigned: false }));
    expect(verdict.stray).toEqual(["/managed job_2", "/own/2 job_1"]);
    expect(verdict.unsigned).toBe(1);
  });
});
