import { readFileBytes, type StoredFile } from "@tokenhub/persistence";
import type { Request, Response } from "express";
import { once } from "node:events";
import type { BatchDeps } from "./batch-deps.ts";

/** Answers with a file's bytes, as fast as the client takes them. */
export async function sendFile(
  { db }: Pick<BatchDeps, "db">,
  {
    request,
    response,
    file,
    contentType,
  }: {
    readonly request: Request;
    readonly response: Response;
    readonly file: StoredFile;
    readonly contentType: string;
  },
): Promise<void> {
  response.setHeader("content-type", contentType);
  response.setHeader("content-length", String(file.bytes));
  response.setHeader("cache-control", "no-store");
  // Whatever somebody has uploaded is never a page of ours.
  response.setHeader("content-disposition", `attachment; filename*=UTF-8''${encodeRfc5987(file.filename)}`);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  let sentBytes = 0;
  for await (const bytes of readFileBytes(db, file.id)) {
    if (response.closed) return;
    sentBytes += bytes.length;
    if (!response.write(bytes)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  // It was deleted meanwhile; the client must not take the part for the whole.
  if (sentBytes < file.bytes) response.destroy();
  else response.end();
}

function encodeRfc5987(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
