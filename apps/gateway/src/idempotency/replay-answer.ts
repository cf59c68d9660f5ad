import { TokenHubError } from "@tokenhub/contracts";
import type { KeyAnswer } from "@tokenhub/persistence";
import type { Request, Response } from "express";
import { sendKeptAnswer } from "../jobs/send-kept-answer.ts";
import type { AnswerSeal } from "./answer-seal.ts";
import { hashOfHeaders } from "./fingerprint.ts";
import { keyReused } from "./key-place.ts";
import { hashOfBody } from "./watch-body.ts";

interface Replay {
  readonly request: Request;
  readonly response: Response;
  readonly answer: KeyAnswer;
  /** Hash of the headers, a dot, and the hash of the body, empty when the body meant nothing. */
  readonly fingerprint: string;
}

/**
 * Gives a kept answer to whoever sends the same request again.
 * @throws TokenHubError `idempotency_key_reused`; `conflict` when the answer cannot be given again.
 */
export async function replayAnswer(
  { seal }: { readonly seal: AnswerSeal },
  { request, response, answer, fingerprint }: Replay,
): Promise<void> {
  const [headersHash, bodyHash = ""] = fingerprint.split(".");
  if (hashOfHeaders(request.headers) !== headersHash) throw keyReused();
  if (bodyHash === "") request.resume();
  else if ((await hashOfBody(request, response)) !== bodyHash) throw keyReused();
  const body = answer.body === null ? null : seal.open(answer.body);
  if (body !== null) {
    sendKeptAnswer(response, { ...answer, body });
    return;
  }
  const { location } = answer.headers;
  if (location !== undefined) response.setHeader("location", location);
  throw new TokenHubError(
    "conflict",
    `The request with this Idempotency-Key was carried out and answered with status ${answer.statusCode}, and its answer could not be kept.${location === undefined ? "" : ` See ${location}.`} Use another key to have it carried out once more.`,
  );
}
