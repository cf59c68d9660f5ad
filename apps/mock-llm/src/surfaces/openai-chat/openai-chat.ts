import { encodeOpenAiErrorFrame } from "../openai-error.ts";
import type { GenerationSurface } from "../surface.ts";
import { encodeChatChunks } from "./encode-chunks.ts";
import { encodeChatCompletion } from "./encode-completion.ts";
import { readChatQuestion } from "./read-question.ts";

/** `POST /v1/chat/completions`. */
export const openAiChat: GenerationSurface = {
  family: "openai",
  read: readChatQuestion,
  encodeJson: encodeChatCompletion,
  encodeFrames: encodeChatChunks,
  encodeErrorFrame: encodeOpenAiErrorFrame,
};
