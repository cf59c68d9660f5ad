import type { CallFailure } from "@tokenhub/contracts";

/** Thrown by the chunks of a stream reply when the stream cannot go on; the text received so far has been delivered. */
export class ProviderStreamError extends Error {
  override readonly name = "ProviderStreamError";
  readonly failure: CallFailure;

  constructor(failure: CallFailure) {
    super(failure.message);
    this.failure = failure;
  }
}
