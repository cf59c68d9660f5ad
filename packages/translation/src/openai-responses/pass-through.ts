import type { StreamContext, StreamFailure } from "../wire-format.ts";
import { adoptResponse } from "./adopt-response.ts";
import { responseErrorOf } from "./response-error.ts";
import { responseObject } from "./response-object.ts";
import { formatResponsesEvent } from "./responses-event.ts";

const responsePattern = /"response"\s*:/;
const numberPattern = /"sequence_number"\s*:\s*(\d+)/;

/** A stream of Responses that stays in its format: whole responses in it become ours, and an error carries its number on. */
export interface ResponsesPassage {
  edit(data: string): string;
  formatError(failure: StreamFailure): string;
}

export function createResponsesPassage(context: StreamContext): ResponsesPassage {
  let nextNumber = 0;
  return {
    edit: (data) => {
      const number = numberPattern.exec(data)?.[1];
      if (number !== undefined) nextNumber = Number(number) + 1;
      return responsePattern.test(data) ? adoptResponse(data, context) : data;
    },
    formatError: (failure) => {
      const { code, message } = failure;
      const response = responseObject(context, {
        status: "failed",
        output: [],
        incompleteReason: null,
        error: responseErrorOf(failure),
        usage: null,
        serviceTier: null,
      });
      return (
        formatResponsesEvent("error", { code, message, param: null, sequence_number: nextNumber }) +
        formatResponsesEvent("response.failed", { response, sequence_number: nextNumber + 1 })
      );
    },
  };
}
