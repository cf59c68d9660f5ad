export * from "./canonical.ts";
export { encodeErrorBody, type ErrorBodyInput } from "./encode-error-body.ts";
export { encodeSseEvent } from "./encode-sse-event.ts";
export { inspectRequest, type RequestInspection } from "./inspect-request.ts";
export { mediaTokenEstimates } from "./input-estimate.ts";
export { mapResponseModel } from "./map-response-model.ts";
export { streamErrorCode } from "./provider-stream-error.ts";
export { spliceTopLevel, type TopLevelChanges } from "./splice-top-level.ts";
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
export { transcodeRequest, type TranscodedRequest, type TranscodeRequestInput } from "./transcode-request.ts";
export { transcodeResponse, type TranscodeResponseInput } from "./transcode-response.ts";
export { utf8Length } from "./utf8-length.ts";
export * from "./wire-format.ts";
export { wireFormats } from "./wire-formats.ts";
