import { expect, test } from "vitest";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createResponseRepository } from "./response-repository.ts";
import type { StoredResponse } from "./response-row.ts";

const nowMs = 1_795_000_000_000;
const hourMs = 3_600_000;
const own = { tenantId: "tenant-a", nowMs };
const limits = { mostTurns: 200, mostCharacters: 1_000_000 };
const idOf = (number: number): string => `resp_${number.toString(16).padStart(32, "0")}`;

function build(number: number, response: Partial<StoredResponse> = {}): StoredResponse {
  return {
    id: idOf(number),
    jobId: null,
    tenantId: "tenant-a",
    projectId: "prj_search",
    keyId: "key_one",
    previousResponseId: null,
    isBackground: false,
    isStream: true,
    inputItemsJson: `[{"input":${number}}]`,
    draftJson: null,
    responseJson: `{"output":${number}}`,
    createdAtMs: nowMs + number,
    expiresAtMs: nowMs + hourMs,
    ...response,
  };
}

describeDatabases(({ openMigrated }) => {
  test("a response is kept as it is, once, and found by its tenant and its project only", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    const first = build(1);
    expect(await responses.insert(first)).toBe(true);
    expect(await responses.insert(build(1, { responseJson: "{}" }))).toBe(false);
    expect(await responses.get({ id: first.id, ...own })).toEqual(first);
    expect(await responses.get({ id: first.id, ...own, projectId: "prj_search" })).toEqual(first);
    expect(await responses.get({ id: first.id, ...own, projectId: "prj_other" })).toBeNull();
    expect(await responses.get({ id: first.id, ...own, tenantId: "tenant-b" })).toBeNull();
    expect(await responses.get({ id: first.id, ...own, nowMs: nowMs + hourMs })).toBeNull();
  });

  test("the first end that is written counts, and decides how long it is kept", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    const jobId = "job_01";
    await responses.insert(build(1, { jobId, draftJson: "{}", responseJson: null, isBackground: true }));
    expect(await responses.unfinishedOf([jobId, "job_02"])).toMatchObject([{ id: idOf(1) }]);
    const ending = { id: idOf(1), responseJson: '{"first":true}', expiresAtMs: nowMs + 2 * hourMs };
    expect(await responses.finish(ending)).toBe(true);
    expect(await responses.finish({ ...ending, responseJson: '{"first":false}' })).toBe(false);
    expect(await responses.get({ id: idOf(1), ...own })).toMatchObject({
      responseJson: '{"first":true}',
      expiresAtMs: nowMs + 2 * hourMs,
    });
    expect(await responses.unfinishedOf([jobId])).toEqual([]);
    expect(await responses.unfinishedOf([])).toEqual([]);
  });

  test("a conversation is given from its beginning on", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    await chainOf(responses, 3);
    expect(await responses.chain({ id: idOf(3), ...own, ...limits })).toEqual({
      kind: "whole",
      turns: [1, 2, 3].map((number) => ({
        inputItemsJson: `[{"input":${number}}]`,
        responseJson: `{"output":${number}}`,
      })),
    });
  });

  test("a conversation with a part that is missing, foreign or past its time is not given", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    const other = { tenantId: "tenant-b" };
    await responses.insert(build(1, other));
    await responses.insert(build(2, { previousResponseId: idOf(1) }));
    await responses.insert(build(3, { previousResponseId: idOf(9) }));
    await responses.insert(build(4, { expiresAtMs: nowMs }));
    await responses.insert(build(5, { previousResponseId: idOf(4) }));
    const chain = (number: number) => responses.chain({ id: idOf(number), ...own, ...limits });
    expect(await chain(1)).toEqual({ kind: "missing", isFirst: true });
    for (const number of [2, 3, 5]) expect(await chain(number)).toEqual({ kind: "missing", isFirst: false });
    expect(await chain(4)).toEqual({ kind: "missing", isFirst: true });
  });

  test("a conversation is bounded in turns and in size, and ends with a response that has ended", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    await chainOf(responses, 5);
    const chain = (number: number, more: Partial<typeof limits>) =>
      responses.chain({ id: idOf(number), ...own, ...limits, ...more });
    expect(await chain(5, { mostTurns: 5 })).toMatchObject({ kind: "whole" });
    expect(await chain(5, { mostTurns: 4 })).toEqual({ kind: "too_long" });
    const characters = 5 * '[{"input":1}]{"output":1}'.length;
    expect(await chain(5, { mostCharacters: characters })).toMatchObject({ kind: "whole" });
    expect(await chain(5, { mostCharacters: characters - 1 })).toEqual({ kind: "too_large" });
    await responses.insert(build(6, { previousResponseId: idOf(5), responseJson: null }));
    expect(await chain(6, {})).toEqual({ kind: "unfinished" });
  });

  test("what has ended can be deleted, and what was never accepted taken back", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    await responses.insert(build(1));
    await responses.insert(build(2, { responseJson: null }));
    expect(await responses.removeEnded({ id: idOf(1), ...own, tenantId: "tenant-b" })).toBe(false);
    expect(await responses.removeEnded({ id: idOf(2), ...own })).toBe(false);
    expect(await responses.removeEnded({ id: idOf(1), ...own })).toBe(true);
    expect(await responses.get({ id: idOf(1), ...own })).toBeNull();
    await responses.withdraw(idOf(2));
    expect(await responses.get({ id: idOf(2), ...own })).toBeNull();
  });

  test("what is past its time is deleted, batch by batch, and nothing else", async () => {
    const responses = createResponseRepository((await openMigrated()).db);
    for (let number = 1; number <= 5; number += 1)
      await responses.insert(build(number, { expiresAtMs: nowMs + number }));
    expect(await responses.deleteExpired(nowMs + 3, 2)).toBe(3);
    expect(await responses.deleteExpired(nowMs + 3, 2)).toBe(0);
    expect(await responses.get({ id: idOf(4), ...own })).not.toBeNull();
  });
});

async function chainOf(responses: ReturnType<typeof createResponseRepository>, turns: number): Promise<void> {
  for (let number = 1; number <= turns; number += 1)
    await responses.insert(build(number, { previousResponseId: number === 1 ? null : idOf(number - 1) }));
}
