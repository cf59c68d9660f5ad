import { errorTable, type ErrorCode } from "@tokenhub/contracts";
import { faultsAmong } from "../bad-input/faults-among.ts";
import type { Caller, GarbageAnswer } from "./seen-answer.ts";

/** What a caller must see of a provider's garbage. */
export type Outcome =
  /** An error answer with one of these codes. */
  | { readonly error: ErrorCode | readonly ErrorCode[] }
  /** A stream that begins with exactly this text and ends with an error event. */
  | { readonly broken: string }
  /** A complete answer with exactly this text. */
  | { readonly text: string }
  /** Promises of the case's own, by what they say. */
  | { readonly keeps: (answer: GarbageAnswer, caller: Caller) => Readonly<Record<string, boolean>> };

/** Where an answer is not what it should be; empty when it is. */
export function faultsOfOutcome(answer: GarbageAnswer, outcome: Outcome, caller: Caller): string[] {
  const faults = faultsAmong(promisesOf(answer, outcome, caller));
  return faults.length === 0 ? [] : [...faults, `but was ${answer.status}: ${answer.raw.slice(0, 600)}`];
}

function promisesOf(
  answer: GarbageAnswer,
  outcome: Outcome,
  caller: Caller,
): Readonly<Record<string, boolean>> {
  const { status, text, isComplete, headers } = answer;
  if ("keeps" in outcome) return outcome.keeps(answer, caller);
  if ("text" in outcome) return { ...isWhole(answer), [`the text ${outcome.text}`]: text === outcome.text };
  if ("broken" in outcome)
    return {
      ...errorPromises(answer, ["stream_interrupted"], caller),
      "a stream that had begun": status === 200,
      [`the text ${outcome.broken}`]: text === outcome.broken,
      "no last event behind the error": !isComplete,
    };
  const codes = typeof outcome.error === "string" ? [outcome.error] : outcome.error;
  return {
    ...errorPromises(answer, codes, caller),
    "the status of its code": codes.some((code) => errorTable[code].status === status),
    "x-should-retry: false": headers["x-should-retry"] === "false",
    "no text": text === "",
  };
}

/** A complete answer, whatever it says. */
export function isWhole({ status, error, isComplete }: GarbageAnswer): Readonly<Record<string, boolean>> {
  return { "status 200": status === 200, "no error": error === null, "a complete answer": isComplete };
}

function errorPromises(
  { error }: GarbageAnswer,
  codes: readonly ErrorCode[],
  caller: Caller,
): Readonly<Record<string, boolean>> {
  const message = error?.message ?? "";
  const isOneOfThem =
    caller === "openai"
      ? codes.some((code) => code === error?.code)
      : codes.some((code) => errorTable[code].anthropicType === error?.type);
  return {
    [`the error ${codes.join(" or ")}`]: isOneOfThem,
    "a message of decent length": /^.{10,600}$/s.test(message),
    "no page of the provider in it": !message.includes("<"),
  };
}
