import { sql, type Kysely } from "kysely";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { insertRows } from "../insert-rows.ts";
import type { Schema } from "../schema/schema.ts";

/** Every piece of a file but the last has this size: writing one holds everybody else up for a millisecond. */
export const filePieceBytes = 262_144;

/** Between two pieces: requests that somebody waits for are served in it, on machines with few cores above all. */
const pauseMs = 8;

/** Takes a file's bytes; never holds more than one piece of them. */
export interface FilePieceWriter {
  /** What was written so far. */
  readonly bytes: number;
  /** Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** Stores what is left. */
  finish(): Promise<void>;
}

/**
 * Writes a file from its first byte on. Writing it once more replaces piece by piece, so that two writers of the same bytes
 * do each other no harm.
 */
export function createFilePieceWriter(db: Kysely<Schema>, fileId: string): FilePieceWriter {
  const buffer = Buffer.allocUnsafe(filePieceBytes);
  let filledBytes = 0;
  let storedBytes = 0;

  async function store(): Promise<void> {
    await insertRows(db, {
      table: "file_pieces",
      rows: [
        {
          file_id: fileId,
          number: storedBytes / filePieceBytes,
          offset_bytes: storedBytes,
          content: Buffer.from(buffer.subarray(0, filledBytes)),
        },
      ],
      clause: "on conflict (file_id, number) do update set content = excluded.content",
    });
    storedBytes += filledBytes;
    filledBytes = 0;
    // The SQLite driver is synchronous; whoever else is served by this process goes between two pieces.
    await sleep(pauseMs);
  }

  return {
    get bytes() {
      return storedBytes + filledBytes;
    },
    async write(bytes) {
      for (let from = 0; from < bytes.length;) {
        const part = bytes.subarray(from, from + filePieceBytes - filledBytes);
        buffer.set(part, filledBytes);
        filledBytes += part.length;
        from += part.length;
        if (filledBytes === filePieceBytes) await store();
      }
    },
    async finish() {
      if (filledBytes > 0) await store();
    },
  };
}

/**
 * A file's bytes from an offset on, a window at a time; nothing when it is not there. Other work of this process goes between
 * two windows.
 * @param windowBytes at most a piece, and a whole fraction of one. Default: a piece.
 */
export async function* readFileBytes(
  db: Kysely<Schema>,
  fileId: string,
  {
    fromByte = 0,
    windowBytes = filePieceBytes,
  }: { readonly fromByte?: number; readonly windowBytes?: number } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let offset = fromByte; ;) {
    const number = Math.floor(offset / filePieceBytes);
    const start = offset - number * filePieceBytes;
    const wantedBytes = windowBytes - (start % windowBytes);
    const row = await db
      .selectFrom("file_pieces")
      .select(sql<Uint8Array>`substr(content, ${start + 1}, ${wantedBytes})`.as("content"))
      .where("file_id", "=", fileId)
      .where("number", "=", number)
      .executeTakeFirst();
    if (row === undefined || row.content.length === 0) return;
    yield row.content;
    if (row.content.length < wantedBytes) return;
    offset += row.content.length;
    await nextTurn();
  }
}
