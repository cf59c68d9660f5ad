import { TokenHubError } from "@tokenhub/contracts";
import { orchestrationRequestSchema, type OrchestrationRequest } from "@tokenhub/contracts/api";
import { describeIssue } from "../http/describe-issue.ts";
import { firstIssue } from "../http/first-issue.ts";
import type { AnswerWishes } from "../sync/generation-endpoint.ts";
import { wishOf, type OrchestrationWish } from "./orchestration-wish.ts";

export interface StatedOrchestration {
  /** Undefined: none is stated. */
  readonly wish: OrchestrationWish | undefined;
  /** What the object says of the answer; undefined: nothing. */
  readonly outputSchema: OrchestrationRequest["output_schema"];
  readonly includeDecision: boolean;
}

/**
 * Reads an `orchestration` object of a body.
 * @param at where it stands, e.g. `tokenhub.orchestration`.
 * @throws TokenHubError `invalid_request` naming the field at fault.
 */
export function readOrchestration(
  stated: unknown,
  place: { readonly at: string; readonly allowFallback?: boolean },
): StatedOrchestration {
  if (stated === undefined || stated === null)
    return { wish: undefined, outputSchema: undefined, includeDecision: false };
  const issue = firstIssue(orchestrationRequestSchema, stated);
  if (issue !== undefined) {
    const { path, problem } = describeIssue(issue);
    const param = path === "" ? place.at : `${place.at}.${path}`;
    throw new TokenHubError("invalid_request", `\`${param}\` is not valid: ${problem}.`, { param });
  }
  const read = stated as OrchestrationRequest;
  return {
    wish: wishOf(read, place),
    outputSchema: read.output_schema,
    includeDecision: read.include_decision ?? false,
  };
}

/** What is done to the answer, by the `orchestration` object where it says so and by the rest of the body. */
export function answerWishesOf(stated: StatedOrchestration, others: AnswerWishes): AnswerWishes {
  return {
    ...others,
    outputSchema: stated.outputSchema ?? others.outputSchema,
    includeDecision: stated.includeDecision || others.includeDecision,
  };
}
