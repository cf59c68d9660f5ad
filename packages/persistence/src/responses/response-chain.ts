import { sql, type Kysely } from "kysely";
import type { Schema } from "../schema/schema.ts";
import { whereScopedResponse, type ResponseLookup } from "./response-scope.ts";

/** What one response contributes to those that continue it. */
interface ResponseTurn {
  readonly inputItemsJson: string;
  readonly responseJson: string;
}

/** A conversation up to a response, or why there is none. */
export type ResponseChain =
  /** Oldest first. */
  | { readonly kind: "whole"; readonly turns: readonly ResponseTurn[] }
  /** One of them is not there (any more), or belongs to somebody else; `isFirst`: the very one that was asked for. */
  | { readonly kind: "missing"; readonly isFirst: boolean }
  /** The one that was asked for has not ended. */
  | { readonly kind: "unfinished" }
  | { readonly kind: "too_long" | "too_large" };

export interface ChainLimits {
  readonly mostTurns: number;
  /** Of the JSON of all turns together. */
  readonly mostCharacters: number;
}

interface Link {
  readonly id: string;
  readonly previous_response_id: string | null;
  readonly depth: number;
  readonly characters: number;
  readonly is_finished: number;
}

/** Follows the conversation backwards in one statement; its texts are read only when it is within the limits. */
export async function findChain(
  db: Kysely<Schema>,
  { mostTurns, mostCharacters, ...lookup }: ResponseLookup & ChainLimits,
): Promise<ResponseChain> {
  const links = await findLinks(db, { ...lookup, mostTurns });
  const [last] = links;
  if (last === undefined) return { kind: "missing", isFirst: true };
  if (links.some((link) => link.is_finished === 0)) return { kind: "unfinished" };
  if (links.length > mostTurns) return { kind: "too_long" };
  if (links.at(-1)?.previous_response_id !== null) return { kind: "missing", isFirst: false };
  const characters = links.reduce((sum, link) => sum + Number(link.characters), 0);
  if (characters > mostCharacters) return { kind: "too_large" };
  return readTurns(db, links.toReversed());
}

async function findLinks(
  db: Kysely<Schema>,
  { mostTurns, ...lookup }: ResponseLookup & { readonly mostTurns: number },
): Promise<readonly Link[]> {
  const measured = sql`responses.id, responses.previous_response_id,
    length(responses.input_items_json) + coalesce(length(responses.response_json), 0) as characters,
    case when responses.response_json is null then 0 else 1 end as is_finished`;
  const { id, ...scope } = lookup;
  const { rows } = await sql<Link>`
    with recursive links as (
      select ${measured}, 1 as depth from responses where ${whereScopedResponse({ id, ...scope })}
      union all
      select ${measured}, links.depth + 1 as depth
      from links join responses on responses.id = links.previous_response_id
      where ${whereScopedResponse(scope)} and links.depth <= ${mostTurns}
    )
    select * from links order by depth`.execute(db);
  return rows;
}

async function readTurns(db: Kysely<Schema>, links: readonly Link[]): Promise<ResponseChain> {
  const rows = await db
    .selectFrom("responses")
    .select(["id", "input_items_json", "response_json"])
    .where(
      "id",
      "in",
      links.map(({ id }) => id),
    )
    .execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  const turns: ResponseTurn[] = [];
  for (const { id } of links) {
    const row = byId.get(id);
    // Deleted between the two looks.
    if (row === undefined || row.response_json === null) return { kind: "missing", isFirst: false };
    turns.push({ inputItemsJson: row.input_items_json, responseJson: row.response_json });
  }
  return { kind: "whole", turns };
}
