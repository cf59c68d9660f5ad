import { errorCodeSchema, type ErrorCode, type FinalJobState } from "@tokenhub/contracts";
import type { LineAnswer } from "@tokenhub/persistence";
import { encodeErrorBody } from "@tokenhub/translation";
import { lineResultIdOf } from "./batch-ids.ts";

/** How one request of a batch has ended. */
export interface LineResult {
  readonly customId: string;
  readonly jobId: string;
  readonly requestId: string;
  readonly state: FinalJobState;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** Null: there is none, or it is kept no more. */
  readonly answer: LineAnswer | null;
}

export interface ResultLine {
  /** Which of the batch's files it goes to. */
  readonly file: "output" | "errors";
  /** One line of JSON without its end. */
  readonly text: string;
}

const endings = {
  cancelled: ["batch_cancelled", "The request was not carried out because the batch was cancelled."],
  expired: ["batch_expired", "The request could not be carried out before the completion window ended."],
} as const;

const lostMessage = "The answer to the request is not kept any more.";

/** A line of an output or error file of the OpenAI API. */
export function openAiResultLine(result: LineResult): ResultLine {
  const { customId, jobId, requestId, state, answer } = result;
  const file = state === "succeeded" && answer !== null ? "output" : "errors";
  const head = `{"id":${JSON.stringify(lineResultIdOf(jobId))},"custom_id":${JSON.stringify(customId)}`;
  if (answer !== null && (state === "succeeded" || state === "failed")) {
    const place = `"status_code":${answer.statusCode},"request_id":${JSON.stringify(requestId)}`;
    return { file, text: `${head},"response":{${place},"body":${jsonOf(answer.body)}},"error":null}` };
  }
  const [code, message] =
    state === "cancelled" || state === "expired"
      ? endings[state]
      : [result.errorCode ?? "internal_error", result.errorMessage ?? lostMessage];
  return { file, text: `${head},"response":null,"error":${JSON.stringify({ code, message })}}` };
}

/** A line of the results of a message batch. They are all in one file. */
export function anthropicResultLine(result: LineResult): ResultLine {
  return {
    file: "output",
    text: `{"custom_id":${JSON.stringify(result.customId)},"result":${anthropicResult(result)}}`,
  };
}

function anthropicResult({ state, answer, requestId, ...result }: LineResult): string {
  if (state === "cancelled") return '{"type":"canceled"}';
  if (state === "expired") return '{"type":"expired"}';
  if (answer !== null)
    return state === "succeeded"
      ? `{"type":"succeeded","message":${jsonOf(answer.body)}}`
      : `{"type":"errored","error":${jsonOf(answer.body)}}`;
  const code = codeOf(result.errorCode);
  const message = result.errorMessage ?? lostMessage;
  const error = encodeErrorBody("anthropic", { code, message, param: null, requestId });
  return `{"type":"errored","error":${JSON.stringify(error)}}`;
}

function codeOf(text: string | null): ErrorCode {
  const parsed = errorCodeSchema.safeParse(text);
  return parsed.success ? parsed.data : "internal_error";
}

/**
 * JSON text as it is, in one line: outside of texts, which hold no line ends, they are blanks. What is no JSON becomes a text.
 */
function jsonOf(body: string): string {
  try {
    JSON.parse(body);
    return body.replaceAll(/[\r\n]+/g, " ").trim();
  } catch {
    return JSON.stringify(body);
  }
}
