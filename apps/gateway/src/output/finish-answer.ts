import { TokenHubError, type RequestResult } from "@tokenhub/contracts";
import type { RunReport } from "@tokenhub/orchestration";
import {
  describeSchemaErrors,
  extractJsonValue,
  repairInstruction,
  shapeOutput,
  type SchemaFault,
} from "@tokenhub/shaping";
import { inspectRequest, transcodeResponse } from "@tokenhub/translation";
import { answerEchoOf } from "../sync/answer-echo.ts";
import { ask, type AskDeps } from "../sync/ask.ts";
import type { EndpointRequest, JsonObject } from "../sync/generation-endpoint.ts";
import type { Submission } from "../sync/submit-request.ts";
import { addUsage } from "./add-usage.ts";
import type { AnswerPlan } from "./answer-plan.ts";
import { continueConversation, isConversation } from "./extend-conversation.ts";
import { answerTexts, mapAnswerText } from "./map-answer-text.ts";
import type { SchemaValidator } from "./schema-validator.ts";

export interface FinishDeps extends AskDeps {
  readonly validator: SchemaValidator;
  readonly now: () => number;
}

/** An answer on its way to the caller. */
export interface AnswerToFinish {
  readonly read: EndpointRequest;
  readonly submission: Submission;
  readonly plan: AnswerPlan;
  readonly result: RequestResult;
  /** In the format of `read`. */
  readonly text: string;
  /** Of the orchestration it is the answer of; null: of none. */
  readonly run: RunReport | null;
  /** Fires when the caller goes away. */
  readonly signal: AbortSignal;
}

/**
 * Does to a whole answer what the caller wished: its text is shaped and held against the schema, a model whose answer does
 * not fit is asked once more where the caller allows it, and the answer gets the endpoint's own shape. Usage and cost of a
 * second call are added to those of the first.
 * @throws TokenHubError `output_schema_failed` when no answer fits, and whatever a second call may end with.
 */
export async function finishAnswer(deps: FinishDeps, answer: AnswerToFinish): Promise<string> {
  const { read, plan, run } = answer;
  const { text, result } = plan.shape === null ? answer : await shapeAnswer(deps, answer);
  const encoded = read.encodeAnswer?.({ text, result, run }) ?? text;
  return plan.includesDecision ? withDecision({ text: encoded, result, run }) : encoded;
}

type Shaped = Pick<AnswerToFinish, "text" | "result">;

async function shapeAnswer(deps: FinishDeps, answer: AnswerToFinish): Promise<Shaped> {
  const body = shapeBody(answer, answer.text);
  const faults = await faultsOf(deps, answer, body);
  if (faults.length === 0) return { text: JSON.stringify(body), result: answer.result };
  if (!answer.plan.repairs || !isConversation(answer.read.wireFormat)) throw schemaFailed(faults);
  const second = await askAgain(deps, answer, { body, faults });
  const repaired = addUsage(shapeBody(answer, second.text), body);
  const left = await faultsOf(deps, answer, repaired);
  if (left.length > 0) throw schemaFailed(left);
  return {
    text: JSON.stringify(repaired),
    result: { ...second.result, costUsd: sumOfCosts(answer.result.costUsd, second.result.costUsd) },
  };
}

function shapeBody({ read, plan }: AnswerToFinish, text: string): JsonObject {
  return mapAnswerText(JSON.parse(text) as JsonObject, {
    wireFormat: read.wireFormat,
    change: (content) => shapeOutput(content, plan.shape ?? {}).text,
  });
}

async function faultsOf(
  { validator }: FinishDeps,
  { read, plan }: AnswerToFinish,
  body: JsonObject,
): Promise<readonly SchemaFault[]> {
  if (plan.schema === undefined) return [];
  for (const text of answerTexts(body, read.wireFormat)) {
    const found = extractJsonValue(text);
    if (found === null) return [{ path: "", problem: "is not JSON" }];
    const outcome = await validator.validate(plan.schema, found.value);
    switch (outcome.kind) {
      case "valid":
        continue;
      case "invalid":
        return outcome.faults;
      case "bad_schema":
        throw new TokenHubError("invalid_request", `The output schema cannot be used: ${outcome.reason}`, {
          param: "output_schema",
        });
      case "too_expensive":
        throw new TokenHubError(
          "output_schema_failed",
          "Holding the answer against the output schema took too long. Simplify the schema's patterns and references.",
        );
      case "busy":
        throw new TokenHubError(
          "overloaded",
          "Too many answers wait to be validated. Try again in a moment.",
        );
    }
  }
  return [];
}

function schemaFailed(faults: readonly SchemaFault[]): TokenHubError {
  return new TokenHubError(
    "output_schema_failed",
    `The model's answer does not fit the output schema: ${describeSchemaErrors(faults).replace(/\.+$/, "")}.`,
    { param: "output_schema" },
  );
}

/** The same model, in the time that is left, as a request of its own that the first one's id leads to. */
async function askAgain(
  deps: FinishDeps,
  { read, submission, result, plan, signal }: AnswerToFinish,
  { body, faults }: { readonly body: JsonObject; readonly faults: readonly SchemaFault[] },
): Promise<Shaped> {
  const conversation = continueConversation(read.body, {
    wireFormat: read.wireFormat,
    answer: answerTexts(body, read.wireFormat)[0] ?? "",
    instruction: repairInstruction(faults, { schema: plan.schema }),
  });
  const { model: _model, ...inspected } = inspectRequest(read.wireFormat, conversation);
  const acceptedAtMs = deps.now();
  const second = await ask(deps, {
    signal,
    submission: {
      ...submission,
      requestId: `${submission.requestId}r1`,
      acceptedAtMs,
      waitMs: Math.max(1, submission.acceptedAtMs + submission.waitMs - acceptedAtMs),
      deadlineAtMs: Math.max(acceptedAtMs + 1, submission.acceptedAtMs + submission.waitMs),
      features: { ...submission.features, ...inspected, requestedModel: result.modelId },
      bodyText: JSON.stringify(conversation),
    },
  });
  if (second.result.wireFormat === null || second.result.modelId === null)
    throw new TokenHubError("internal_error", "The answer was stored without its format.");
  const { requestBody } = answerEchoOf(read);
  const text = transcodeResponse({
    from: second.result.wireFormat,
    to: read.wireFormat,
    bodyText: second.body,
    context: {
      requestId: submission.requestId,
      model: second.result.modelId,
      createdAtMs: submission.acceptedAtMs,
      estimatedInputTokens: inspected.estimatedInputTokens,
      ...(requestBody === undefined ? {} : { requestBody }),
    },
  });
  return { text, result: second.result };
}

/** Unknown plus anything is unknown. */
function sumOfCosts(first: number | null, second: number | null): number | null {
  return first === null || second === null ? null : first + second;
}

/** Adds what was decided to an answer that is a JSON object: the routing decision, or the whole orchestration. */
function withDecision({ text, result, run }: Pick<AnswerToFinish, "text" | "result" | "run">): string {
  const answer = JSON.parse(text) as JsonObject;
  const { decision, attempts } = result;
  const tokenhub = run === null ? { decision, attempts } : { run };
  return JSON.stringify({ ...answer, tokenhub });
}
