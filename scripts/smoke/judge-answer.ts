import { z } from "zod";
import type { SmokeExample } from "./smoke-example.ts";

export interface CurlAnswer {
  readonly status: number;
  readonly body: string;
}

/** What is wrong with an answer in one line; null when it is what the example promises. */
export function judgeAnswer(
  { status, answer }: Pick<SmokeExample, "status" | "answer">,
  got: CurlAnswer,
): string | null {
  if (got.status !== status) return `status ${got.status} instead of ${status}: ${firstOf(got.body)}`;
  const checked = answer.safeParse(valueOf(got.body));
  if (checked.success) return null;
  return `${z.prettifyError(checked.error).replaceAll(/\s+/g, " ")}: ${firstOf(got.body)}`;
}

function valueOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: the metrics page and the like are checked as text.
    return body;
  }
}

function firstOf(body: string): string {
  const line = body.replaceAll(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
}
