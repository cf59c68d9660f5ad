import { createRequestLogRepository, openDatabase, type RequestLogEntry } from "@tokenhub/persistence";
import { until } from "@tokenhub/testkit";
import { join } from "node:path";

/** Where an installation keeps its rows: a data folder with a SQLite file, or PostgreSQL. */
export type RowStore = { readonly directory: string } | { readonly databaseUrl: string };

/** The request log's row of one request, as soon as the recorder has written it. */
export async function rowOf(store: RowStore, requestId: string): Promise<RequestLogEntry> {
  await using database = await open(store);
  const log = createRequestLogRepository(database.db);
  return await until(`the row of ${requestId}`, () => log.get(requestId));
}

/** The request ids of all rows, one per row. */
export async function recordedIds(store: RowStore): Promise<string[]> {
  await using database = await open(store);
  const rows = await database.db.selectFrom("request_log").select("request_id").execute();
  return rows.map((row) => row.request_id);
}

/** When each recorded request ended, in Unix milliseconds. */
export async function finishTimes(store: RowStore): Promise<Map<string, number>> {
  await using database = await open(store);
  const rows = await database.db.selectFrom("request_log").select(["request_id", "finished_at_ms"]).execute();
  return new Map(rows.map((row) => [row.request_id, row.finished_at_ms]));
}

function open(store: RowStore) {
  return openDatabase(
    "directory" in store
      ? { kind: "sqlite", path: join(store.directory, "tokenhub.db") }
      : { kind: "postgres", url: store.databaseUrl },
  );
}
