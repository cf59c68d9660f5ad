import { encodeOpenAiErrorFrame } from "../openai-error.ts";
import type { GenerationSurface } from "../surface.ts";
import { encodeCompletion, encodeCompletionFrames } from "./encode-completion.ts";
import { readCompletionQuestion } from "./read-question.ts";

/** `POST /v1/completions`. */
export const openAiCompletions: GenerationSurface = {
  family: "openai",
  read: readCompletionQuestion,
  encodeJson: encodeCompletion,
  encodeFrames: encodeCompletionFrames,
  encodeErrorFrame: encodeOpenAiErrorFrame,
};
