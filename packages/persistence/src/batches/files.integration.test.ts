import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../open-database.ts";
import { describeDatabases } from "../testing/describe-databases.ts";
import { createBatchRepository } from "./batch-repository.ts";
import { createFilePieceWriter, filePieceBytes, readFileBytes } from "./file-pieces.ts";
import { createFileRepository, type FileRepository, type NewFile } from "./file-repository.ts";

const newFile = (members: Partial<NewFile> = {}): NewFile => ({
  id: "file-1",
  tenantId: "ten_a",
  projectId: null,
  filename: "input.jsonl",
  purpose: "batch",
  isInternal: false,
  createdAtMs: 1_000,
  expiresAtMs: null,
  ...members,
});

describeDatabases(({ openMigrated }) => {
  let db: Database["db"];
  let files: FileRepository;
  beforeEach(async () => {
    ({ db } = await openMigrated());
    files = createFileRepository(db);
  });

  async function store(
    members: Partial<NewFile> = {},
    bytes: Uint8Array = Buffer.from("text"),
  ): Promise<void> {
    const file = newFile(members);
    await files.begin(file);
    const writer = createFilePieceWriter(db, file.id);
    // In parts that fit no piece.
    for (let at = 0; at < bytes.length; at += 100_001) await writer.write(bytes.subarray(at, at + 100_001));
    await writer.finish();
    await files.complete(file.id, { bytes: writer.bytes });
  }

  const bytesOf = async (fileId: string, range: Parameters<typeof readFileBytes>[2] = {}) =>
    Buffer.concat(await Array.fromAsync(readFileBytes(db, fileId, range)));
  const pieceCount = async () => (await db.selectFrom("file_pieces").select("number").execute()).length;

  describe("bytes", () => {
    test("are read as they were written, from any place and in windows of any size", async () => {
      const bytes = randomBytes(2 * filePieceBytes + 12_345);
      await store({}, bytes);
      expect(await files.get("file-1", { nowMs: 1 })).toMatchObject({ bytes: bytes.length });
      expect(await pieceCount()).toBe(3);
      expect((await bytesOf("file-1")).equals(bytes)).toBe(true);
      for (const fromByte of [1, filePieceBytes - 1, filePieceBytes, bytes.length - 1, bytes.length])
        expect(
          (await bytesOf("file-1", { fromByte, windowBytes: 131_072 })).equals(bytes.subarray(fromByte)),
        ).toBe(true);
      expect(await bytesOf("file-2")).toHaveLength(0);
    });

    test("that end with a piece end there", async () => {
      const bytes = randomBytes(filePieceBytes);
      await store({}, bytes);
      expect((await bytesOf("file-1")).equals(bytes)).toBe(true);
    });

    test("are replaced when they are written again, and nothing of a longer attempt stays", async () => {
      await files.begin(newFile());
      const first = createFilePieceWriter(db, "file-1");
      await first.write(randomBytes(3 * filePieceBytes));
      const bytes = randomBytes(filePieceBytes + 7);
      await store({}, bytes);
      expect((await bytesOf("file-1")).equals(bytes)).toBe(true);
    });
  });

  describe("files", () => {
    test("are there from their completion to the end of their time", async () => {
      await files.begin(newFile({ expiresAtMs: 2_000 }));
      expect(await files.get("file-1", { nowMs: 1_000 })).toBeNull();
      await store({ expiresAtMs: 2_000 });
      expect(await files.get("file-1", { nowMs: 1_999 })).toEqual({
        ...newFile({ expiresAtMs: 2_000 }),
        bytes: 4,
      });
      expect(await files.get("file-1", { nowMs: 2_000 })).toBeNull();
    });

    test("are listed in both directions with what they are for; internal and foreign ones never", async () => {
      for (const [id, createdAtMs] of [
        ["a", 1],
        ["b", 2],
        ["c", 2],
      ] as const)
        await store({ id, createdAtMs });
      await store({ id: "d", purpose: "user_data", createdAtMs: 3, projectId: "prj" });
      await store({ id: "e", isInternal: true });
      await store({ id: "f", tenantId: "ten_b" });
      const idsOf = async (request: Partial<Parameters<FileRepository["page"]>[0]>) =>
        (
          await files.page({
            filters: { tenantId: "ten_a" },
            limit: 10,
            after: null,
            direction: "desc",
            nowMs: 5,
            ...request,
          })
        ).map(({ id }) => id);
      expect(await idsOf({})).toEqual(["d", "c", "b", "a"]);
      expect(await idsOf({ after: { createdAtMs: 2, id: "c" }, limit: 1 })).toEqual(["b"]);
      expect(await idsOf({ direction: "asc", filters: { tenantId: "ten_a", purpose: "batch" } })).toEqual([
        "a",
        "b",
        "c",
      ]);
      expect(await idsOf({ filters: { tenantId: "ten_a", projectId: "prj" } })).toEqual(["d"]);
      expect(await files.storedBytes("ten_a")).toBe(5 * 4);
    });

    test("are deleted with all their bytes", async () => {
      await store({}, randomBytes(20 * filePieceBytes));
      expect(await files.remove("file-1")).toBe(true);
      expect(await files.remove("file-1")).toBe(false);
      expect(await pieceCount()).toBe(0);
    });

    test("are cleaned up when their time is over or nobody goes on writing them, but not under an open batch", async () => {
      await store({ id: "file-used", expiresAtMs: 2_000 });
      await store({ id: "file-over", expiresAtMs: 2_000 });
      await store({ id: "file-good", expiresAtMs: 9_000 });
      await files.begin(newFile({ id: "file-left", createdAtMs: 100 }));
      await files.begin(newFile({ id: "file-new", createdAtMs: 4_000 }));
      const batches = createBatchRepository(db);
      const batch = {
        id: "batch_1",
        surface: "openai",
        tenantId: "ten_a",
        projectId: null,
        keyId: null,
        endpoint: "/v1/embeddings",
        inputFileId: "file-used",
        completionWindow: "24h",
        outputExpiresAfterMs: null,
        metadata: null,
        headers: {},
        model: null,
        owner: null,
        state: "in_progress",
        total: 1,
        createdAtMs: 1,
        inProgressAtMs: 1,
        expiresAtMs: 9_000,
      } as const;
      await batches.insert(batch, { mostOpen: 10 });
      expect(await batches.isInputInUse("file-used")).toBe(true);
      const clean = () => files.removeExpired({ nowMs: 5_000, begunBeforeMs: 3_000, limit: 10 });
      expect(await clean()).toBe(2);
      await batches.move("batch_1", { from: ["in_progress"], to: "completed", changes: { finishedAtMs: 5 } });
      expect(await clean()).toBe(1);
      const left = await db.selectFrom("files").select("id").orderBy("id").execute();
      expect(left.map(({ id }) => id)).toEqual(["file-good", "file-new"]);
    });
  });
});
