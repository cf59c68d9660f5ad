import { TokenHubError } from "@tokenhub/contracts";
import type { Request, Response } from "express";
import { createBodyHash } from "./body-hash.ts";

export interface BodyWatch {
  /** Null: its handler has not read the body, which therefore means nothing. */
  hash(): string | null;
}

/** Hashes a body while its handler reads it, however it does. To be called before anybody reads. */
export function watchBody(request: Request): BodyWatch {
  const hash = createBodyHash(request.headers["content-type"] ?? "");
  let isWatched = false;
  let isWhole = false;
  request.on("newListener", (event) => {
    if (isWatched || (event !== "data" && event !== "readable")) return;
    isWatched = true;
    request.on("data", (chunk: Buffer | string) =>
      hash.update(typeof chunk === "string" ? Buffer.from(chunk) : chunk),
    );
    request.once("end", () => (isWhole = true));
  });
  return { hash: () => (isWhole ? hash.digest() : null) };
}

/** Beyond the largest upload. */
const longestBytes = 1_073_741_824;

/**
 * Reads a body to its end for its hash alone.
 * @throws TokenHubError `body_too_large`, `invalid_request` when it ends too early.
 */
export function hashOfBody(request: Request, response: Response): Promise<string> {
  const hash = createBodyHash(request.headers["content-type"] ?? "");
  if (request.headers.expect !== undefined) response.writeContinue();
  return new Promise((resolve, reject) => {
    let sizeBytes = 0;
    const cutShort = (): void =>
      reject(new TokenHubError("invalid_request", "The request body ended before it was complete."));
    if (request.destroyed) cutShort();
    request.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= longestBytes) hash.update(chunk);
      else
        reject(new TokenHubError("body_too_large", `The request body is larger than ${longestBytes} bytes.`));
    });
    request.once("end", () => {
      request.off("close", cutShort);
      resolve(hash.digest());
    });
    request.once("error", cutShort);
    request.once("close", cutShort);
  });
}
