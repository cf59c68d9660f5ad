import type { GenerationSurface } from "../surface.ts";
import { encodeResponseErrorFrame, encodeResponseFrames } from "./encode-events.ts";
import { encodeResponse } from "./encode-response.ts";
import { readResponsesQuestion } from "./read-question.ts";

/** `POST /v1/responses`. */
export const openAiResponses: GenerationSurface = {
  family: "openai",
  read: readResponsesQuestion,
  encodeJson: encodeResponse,
  encodeFrames: encodeResponseFrames,
  encodeErrorFrame: encodeResponseErrorFrame,
};
