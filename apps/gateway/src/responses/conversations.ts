import { TokenHubError } from "@tokenhub/contracts";
import type { ResponseChain, ResponseRepository } from "@tokenhub/persistence";
import { withPreviousTurn } from "@tokenhub/translation";
import type { Keeping } from "../sync/answer-keeper.ts";
import type { JsonObject } from "../sync/generation-endpoint.ts";
import { itemsOf, readItems } from "./read-items.ts";
import { parseObject } from "./response-event.ts";
import { isResponseId } from "./response-ids.ts";
import { mostTurns } from "./response-settings.ts";

export interface ConversationDeps {
  readonly responses: Pick<ResponseRepository, "chain">;
  /** Of the JSON of all earlier turns together. */
  readonly mostCharacters: number;
  readonly now: () => number;
}

/** Puts inputs and outputs of the earlier turns before a request's own input. Their instructions are not carried over. */
export function createContinued({ responses, mostCharacters, now }: ConversationDeps): Keeping["continued"] {
  return async ({ caller: { tenantId, projectId }, body, bodyText }) => {
    const id = body["previous_response_id"];
    if (typeof id !== "string") return null;
    if (!isResponseId(id)) throw gone(id, { isFirst: true });
    const scope = projectId === null ? { tenantId } : { tenantId, projectId };
    const chain = await responses.chain({ id, ...scope, nowMs: now(), mostTurns, mostCharacters });
    return withPreviousTurn(bodyText, { items: turnsOf(id, { chain, mostCharacters }) });
  };
}

function turnsOf(
  id: string,
  { chain, mostCharacters }: { readonly chain: ResponseChain; readonly mostCharacters: number },
): JsonObject[] {
  switch (chain.kind) {
    case "whole":
      return chain.turns.flatMap(({ inputItemsJson, responseJson }) => {
        const { status, output } = parseObject(responseJson) ?? {};
        if (status !== "completed" && status !== "incomplete")
          throw refused(`The response ${id} did not complete, so that it cannot be continued.`);
        return [...readItems(inputItemsJson), ...itemsOf(output)];
      });
    case "missing":
      throw gone(id, chain);
    case "unfinished":
      throw refused(
        `The response ${id} has not ended. Wait until GET /v1/responses/${id} says it is completed.`,
      );
    case "too_long":
      throw refused(
        `The conversation up to ${id} has more than ${mostTurns} responses. Begin a new one, with a summary of this one as its input.`,
      );
    case "too_large":
      throw refused(
        `The conversation up to ${id} has more than ${mostCharacters} characters. Begin a new one, with a summary of this one as its input.`,
      );
  }
}

const param = "previous_response_id";

function refused(message: string): TokenHubError {
  return new TokenHubError("invalid_request", message, { param });
}

function gone(id: string, { isFirst }: { readonly isFirst: boolean }): TokenHubError {
  const message = isFirst
    ? `There is no response ${id} of yours: it was never kept (\`store: false\`), was deleted, or is past its time. Send the whole conversation as \`input\`.`
    : `A response that ${id} continues was deleted or is past its time, so that the conversation is not whole any more. Send all of it as \`input\`.`;
  return new TokenHubError("not_found", message, { param });
}
