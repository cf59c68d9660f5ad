import type { ResponseRepository } from "@tokenhub/persistence";
import { inputItemsOf, responseId } from "@tokenhub/translation";
import { setTimeout as sleep } from "node:timers/promises";
import type { AnswerKeeper, Keeping } from "../sync/answer-keeper.ts";
import { parseObject } from "./response-event.ts";
import { createTerminalHold } from "./terminal-hold.ts";

export interface KeepDeps {
  readonly responses: Pick<ResponseRepository, "insert">;
  readonly keepMs: number;
  readonly onError: (error: unknown) => void;
}

/** An answer is not held up for longer by a database that does not answer. */
const patienceMs = 5_000;

/**
 * Keeps responses whose callers wait for them, unless they say `store: false`. Of one that is made in the background there is
 * something already, which is left alone.
 */
export function createKeeperOf({ responses, keepMs, onError }: KeepDeps): Keeping["keeperOf"] {
  return ({ caller, body, requestId, createdAtMs }) => {
    if (body["store"] === false) return null;
    const id = responseId({ requestId });
    const hold = createTerminalHold();

    async function keep(responseJson: string): Promise<void> {
      const { tenantId, projectId, keyId } = caller;
      const previous = body["previous_response_id"];
      const kept = responses
        .insert({
          id,
          jobId: null,
          tenantId,
          projectId,
          keyId,
          previousResponseId: typeof previous === "string" ? previous : null,
          isBackground: false,
          isStream: body["stream"] === true,
          inputItemsJson: JSON.stringify(inputItemsOf(body, { responseId: id })),
          draftJson: null,
          responseJson,
          createdAtMs,
          expiresAtMs: createdAtMs + keepMs,
        })
        .catch(onError);
      await Promise.race([kept, sleep(patienceMs, undefined, { ref: false })]);
    }

    return {
      keep: (text) => (parseObject(text) === null ? Promise.resolve() : keep(text)),
      pass: (text) => hold.pass(text),
      async finish() {
        if (hold.response !== null) await keep(JSON.stringify(hold.response));
        return hold.held;
      },
      release: () => hold.held,
    } satisfies AnswerKeeper;
  };
}
