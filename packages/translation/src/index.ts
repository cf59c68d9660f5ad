export { blockFrames } from "./block-frames.ts";
export * from "./canonical.ts";
export { encodeErrorBody, type ErrorBodyInput } from "./encode-error-body.ts";
export { encodeSseEvent } from "./encode-sse-event.ts";
export { createGemma4Response } from "./gemma4/gemma4-response.ts";
export { createGemma4StreamFilter } from "./gemma4/gemma4-stream-filter.ts";
export type { Gemma4Parser, Gemma4Reading } from "./gemma4/gemma4-reading.ts";
export { inspectRequest, type RequestInspection } from "./inspect-request.ts";
export { mediaTokenEstimates } from "./input-estimate.ts";
export { mapResponseModel } from "./map-response-model.ts";
export { mergeParameters } from "./merge-parameters.ts";
export { streamErrorCode } from "./provider-stream-error.ts";
export { readEchoedPrompt } from "./openai-completions/read-prompt.ts";
export { inputItemsOf } from "./openai-responses/input-items.ts";
export { withPreviousTurn } from "./openai-responses/previous-turn.ts";
export { responseEnvelopeOf } from "./openai-responses/response-envelope.ts";
export { responseErrorOf } from "./openai-responses/response-error.ts";
export { responseId } from "./openai-responses/response-id.ts";
export { spliceTopLevel, type TopLevelChanges } from "./splice-top-level.ts";
export { createSseDataFilter, type SseFilter } from "./sse-filter.ts";
export { createSseSplitter, splitSseBlocks } from "./sse-splitter.ts";
export { createSseParser, type SseParser } from "./sse-parser.ts";
export {
  createStreamSummary,
  type StreamObservation,
  type StreamResult,
  type StreamSummary,
} from "./stream-summary.ts";
export {
  createStreamTranscoder,
  type StreamTranscoder,
  type StreamTranscoderInput,
} from "./stream-transcoder.ts";
export { summariseResponse, type FinishSummary, type ResponseSummary } from "./summarise-response.ts";
export {
  renameToolsInEvent,
  renameToolsInRequest,
  renameToolsInResponse,
  type ToolRenaming,
} from "./tool-names/rename-tools.ts";
export { createToolNameFilter } from "./tool-names/tool-name-filter.ts";
export { transcodeRequest, type TranscodedRequest, type TranscodeRequestInput } from "./transcode-request.ts";
export { transcodeResponse, type TranscodeResponseInput } from "./transcode-response.ts";
export { utf8Length } from "./utf8-length.ts";
export * from "./wire-format.ts";
export { wireFormats } from "./wire-formats.ts";
