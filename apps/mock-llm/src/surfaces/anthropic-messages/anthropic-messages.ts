import type { GenerationSurface } from "../surface.ts";
import { encodeMessageErrorFrame, encodeMessageFrames } from "./encode-events.ts";
import { encodeMessage } from "./encode-message.ts";
import { readMessagesQuestion } from "./read-question.ts";

/** `POST /v1/messages`. */
export const anthropicMessages: GenerationSurface = {
  family: "anthropic",
  read: readMessagesQuestion,
  encodeJson: encodeMessage,
  encodeFrames: encodeMessageFrames,
  encodeErrorFrame: encodeMessageErrorFrame,
};
