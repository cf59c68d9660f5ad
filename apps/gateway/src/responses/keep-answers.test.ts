import type { StoredResponse } from "@tokenhub/persistence";
import { describe, expect, it } from "vitest";
import { createKeeperOf } from "./keep-answers.ts";

const requestId = "req_0a";
const caller = {
  tenantId: "tenant-a",
  projectId: null,
  keyId: "key_one",
  scopes: [],
  allowedModels: null,
  rates: [],
  places: [],
  budgets: [],
};
const last = `event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_0a"}}\n\n`;

function keeping(insert: (response: StoredResponse) => Promise<boolean>) {
  const errors: unknown[] = [];
  const keeperOf = createKeeperOf({
    responses: { insert },
    keepMs: 1_000,
    onError: (error) => errors.push(error),
  });
  const of = (body: Record<string, unknown>) => keeperOf({ caller, body, requestId, createdAtMs: 5 });
  return { of, errors };
}

describe("the keeper of a response", () => {
  it("keeps what was sent and what is answered, the last event of a stream before it is given", async () => {
    const rows: StoredResponse[] = [];
    const { of } = keeping(async (row) => rows.push(row) > 0);
    const keeper = of({ input: "Hi", stream: true, previous_response_id: "resp_09" });
    expect(keeper?.pass(`data: {"type":"x"}\n\n${last}`)).toBe(`data: {"type":"x"}\n\n`);
    expect(rows).toEqual([]);
    expect(await keeper?.finish()).toBe(last);
    expect(rows).toEqual([
      {
        id: "resp_0a",
        jobId: null,
        tenantId: "tenant-a",
        projectId: null,
        keyId: "key_one",
        previousResponseId: "resp_09",
        isBackground: false,
        isStream: true,
        inputItemsJson: expect.stringContaining('"text":"Hi"') as string,
        draftJson: null,
        responseJson: '{"id":"resp_0a"}',
        createdAtMs: 5,
        expiresAtMs: 1_005,
      },
    ]);
  });

  it("gives the answer all the same when it cannot be kept, and tells of that", async () => {
    const { of, errors } = keeping(() => Promise.reject(new Error("no database")));
    const keeper = of({ input: "Hi" });
    await keeper?.keep("{}");
    keeper?.pass(last);
    expect(await keeper?.finish()).toBe(last);
    expect(errors).toHaveLength(2);
  });

  it("keeps nothing of a stream that is broken off, of what is no response, and of `store: false`", async () => {
    const rows: StoredResponse[] = [];
    const { of } = keeping(async (row) => rows.push(row) > 0);
    const keeper = of({ input: "Hi", stream: true });
    keeper?.pass(last);
    expect(keeper?.release()).toBe(last);
    expect(await of({ input: "Hi", stream: true })?.finish()).toBe("");
    await of({ input: "Hi" })?.keep("not JSON");
    expect(of({ input: "Hi", store: false })).toBeNull();
    expect(rows).toEqual([]);
  });
});
