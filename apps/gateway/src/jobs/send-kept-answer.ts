import type { JobAnswer } from "@tokenhub/persistence";
import type { Response } from "express";

/** Gives the answer of a job to somebody who would have waited for it: status, headers and body as they would have been. */
export function sendKeptAnswer(response: Response, { statusCode, headers, body }: JobAnswer): void {
  response.status(statusCode);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}
