import { createJobRepository, createResponseRepository, type FinishOptions } from "@tokenhub/persistence";
import { buildEnding, buildJob, describeDatabases, jobIdOf } from "@tokenhub/persistence/testing";
import { expect, test } from "vitest";
import { keepEndedResponses } from "./keep-ended.ts";

const keepMs = 3_600_000;
const createdAtMs = 1_795_000_000_000;
const idOf = (number: number): string => jobIdOf(number).replace("job_", "resp_");
const quiet: FinishOptions = { events: () => [], keepResponses: keepEndedResponses(keepMs) };

describeDatabases(({ openMigrated }) => {
  async function open(numbers: readonly number[]) {
    const { db } = await openMigrated();
    const [jobs, responses] = [createJobRepository(db), createResponseRepository(db)];
    await jobs.insert(
      numbers.map((number) => buildJob(number, { origin: "response", endpoint: "/v1/responses" })),
    );
    for (const number of numbers)
      await responses.insert({
        id: idOf(number),
        jobId: jobIdOf(number),
        tenantId: "tenant-a",
        projectId: null,
        keyId: null,
        previousResponseId: null,
        isBackground: true,
        isStream: false,
        inputItemsJson: "[]",
        draftJson: JSON.stringify({ id: idOf(number), status: "queued", output: [] }),
        responseJson: null,
        createdAtMs,
        expiresAtMs: createdAtMs + 10,
      });
    const kept = (number: number) =>
      responses.get({ id: idOf(number), tenantId: "tenant-a", nowMs: createdAtMs });
    return { jobs, responses, kept };
  }

  test("what responses in the background became is written when their jobs end, and kept from then on", async () => {
    const { jobs, responses, kept } = await open([1, 2, 3]);
    const whole = buildEnding(1, {
      answer: { statusCode: 200, headers: {}, body: '{"status":"completed"}' },
    });
    const failed = { answer: null, errorCode: "provider_timeout", errorMessage: "Late." } as const;
    await jobs.finish([whole, buildEnding(2, { state: "failed", ...failed })], quiet);
    expect(await kept(1)).toMatchObject({
      responseJson: '{"status":"completed"}',
      expiresAtMs: whole.finishedAtMs + keepMs,
    });
    expect(JSON.parse((await kept(2))?.responseJson ?? "")).toMatchObject({
      id: idOf(2),
      status: "failed",
      error: { code: "server_error", message: "Late." },
    });
    expect(await kept(3)).toMatchObject({ responseJson: null });
    await responses.withdraw(idOf(3));
    await jobs.finish([buildEnding(3)], quiet);
    expect(await jobs.get(jobIdOf(3))).toMatchObject({ state: "succeeded" });
  });

  test("neither is written without the other", async () => {
    const { jobs, kept } = await open([1]);
    const broken: FinishOptions = {
      ...quiet,
      keepResponses: async (...told) => {
        await quiet.keepResponses?.(...told);
        throw new Error("the end of the transaction");
      },
    };
    await expect(jobs.finish([buildEnding(1)], broken)).rejects.toThrow("the end of the transaction");
    expect(await kept(1)).toMatchObject({ responseJson: null });
    expect(await jobs.get(jobIdOf(1))).toMatchObject({ finishedAtMs: null });
  });

  test("one that is cancelled before it begins is cancelled", async () => {
    const { jobs, kept } = await open([1]);
    await jobs.cancelQueued(jobIdOf(1), {
      ...quiet,
      nowMs: createdAtMs,
      expiresAtMs: createdAtMs + 1,
      message: "It was cancelled.",
    });
    expect(JSON.parse((await kept(1))?.responseJson ?? "")).toMatchObject({
      status: "cancelled",
      error: null,
    });
  });
});
