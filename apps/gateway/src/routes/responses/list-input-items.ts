import { TokenHubError } from "@tokenhub/contracts";
import type { StoredResponse } from "@tokenhub/persistence";
import { z } from "zod";
import { describeIssue } from "../../http/describe-issue.ts";
import { readItems } from "../../responses/read-items.ts";

/** As the vendor's API has it: newest first unless asked otherwise. */
export const inputItemsQuerySchema = z.object({
  limit: z.coerce
    .number()
    .pipe(z.int().min(1).max(100))
    .default(20)
    .meta({ description: "Items of a page, 1 to 100." }),
  order: z.enum(["asc", "desc"]).default("desc"),
  after: z.string().optional().meta({ description: "Id of the last item that was seen." }),
});

/**
 * A page of a response's own input items, without those of the responses it continues.
 * @throws TokenHubError `invalid_request` for a bad query, or an `after` that is none of its items.
 */
export function listInputItems({ inputItemsJson }: Pick<StoredResponse, "inputItemsJson">, query: unknown) {
  const { limit, order, after } = readQuery(query);
  const items = readItems(inputItemsJson);
  const ordered = order === "asc" ? items : items.toReversed();
  const last = after === undefined ? -1 : ordered.findIndex(({ id }) => id === after);
  if (after !== undefined && last === -1)
    throw new TokenHubError("invalid_request", "`after` is the id of no input item of this response.", {
      param: "after",
    });
  const data = ordered.slice(last + 1, last + 1 + limit);
  return {
    object: "list",
    data,
    has_more: ordered.length > last + 1 + limit,
    first_id: data[0]?.["id"] ?? null,
    last_id: data.at(-1)?.["id"] ?? null,
  };
}

function readQuery(query: unknown): z.infer<typeof inputItemsQuerySchema> {
  const parsed = inputItemsQuerySchema.safeParse(query);
  if (parsed.success) return parsed.data;
  const { path, problem } = describeIssue(parsed.error.issues[0]);
  throw new TokenHubError("invalid_request", `The query is not valid, \`${path}\`: ${problem}.`, {
    param: path,
  });
}
