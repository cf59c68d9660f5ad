import { createResponseRepository } from "@tokenhub/persistence";
import { describeDatabases } from "@tokenhub/persistence/testing";
import { expect, test } from "vitest";
import type { Caller } from "../admission/caller.ts";
import { createContinued } from "./conversations.ts";
import { mostTurns } from "./response-settings.ts";

const nowMs = 1_795_000_000_000;
const mostCharacters = 100_000;
const caller: Caller = {
  tenantId: "tenant-a",
  projectId: null,
  keyId: null,
  scopes: [],
  allowedModels: null,
  rates: [],
  places: [],
  budgets: [],
};
const idOf = (number: number): string => `resp_${number.toString(16).padStart(32, "0")}`;

describeDatabases(({ openMigrated }) => {
  async function open() {
    const responses = createResponseRepository((await openMigrated()).db);
    const continued = createContinued({ responses, mostCharacters, now: () => nowMs });
    return {
      async keep(
        number: number,
        { text = `question ${number}`, status = "completed", isFirst = number === 1 } = {},
      ) {
        await responses.insert({
          id: idOf(number),
          jobId: null,
          tenantId: "tenant-a",
          projectId: "prj_one",
          keyId: null,
          previousResponseId: isFirst ? null : idOf(number - 1),
          isBackground: false,
          isStream: false,
          inputItemsJson: JSON.stringify([{ type: "message", role: "user", content: text }]),
          draftJson: null,
          responseJson: JSON.stringify({ status, output: [{ type: "message", id: `msg_${number}` }] }),
          createdAtMs: nowMs,
          expiresAtMs: nowMs + 1,
        });
      },
      continue(number: number, who: Partial<Caller> = {}) {
        const body = { input: "more", previous_response_id: idOf(number) };
        return continued({ caller: { ...caller, ...who }, body, bodyText: JSON.stringify(body) });
      },
      continued,
    };
  }

  test("earlier inputs and outputs come first, in order, and the rest of the body stays", async () => {
    const site = await open();
    await site.keep(1);
    await site.keep(2, { status: "incomplete" });
    expect(JSON.parse((await site.continue(2)) ?? "")).toEqual({
      input: [
        { type: "message", role: "user", content: "question 1" },
        { type: "message", id: "msg_1" },
        { type: "message", role: "user", content: "question 2" },
        { type: "message", id: "msg_2" },
        { type: "message", role: "user", content: "more" },
      ],
      previous_response_id: idOf(2),
    });
    const alone = { input: "x", previous_response_id: null };
    expect(await site.continued({ caller, body: alone, bodyText: JSON.stringify(alone) })).toBeNull();
  });

  test("it belongs to its tenant and its project", async () => {
    const site = await open();
    await site.keep(1);
    expect(await site.continue(1, { projectId: "prj_one" })).toContain("question 1");
    for (const who of [{ tenantId: "tenant-b" }, { projectId: "prj_two" }])
      await expect(site.continue(1, who)).rejects.toMatchObject({
        code: "not_found",
        param: "previous_response_id",
      });
  });

  test("it may have 200 responses, and no more", async () => {
    const site = await open();
    for (let number = 1; number <= mostTurns + 1; number += 1) await site.keep(number);
    expect(await site.continue(mostTurns)).toContain(`question ${mostTurns}`);
    await expect(site.continue(mostTurns + 1)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("more than 200 responses") as string,
    });
  });

  test("it is bounded in size, and what failed cannot be continued", async () => {
    const site = await open();
    await site.keep(1, { text: "x".repeat(mostCharacters) });
    await site.keep(2, { status: "failed", isFirst: true });
    await expect(site.continue(1)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("more than 100000 characters") as string,
    });
    await expect(site.continue(2)).rejects.toMatchObject({
      code: "invalid_request",
      message: expect.stringContaining("did not complete") as string,
    });
  });
});
