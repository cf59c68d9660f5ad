/** A reason why set-up cannot go on that the reader can act on; its message is one sentence, shown without a stack. */
export class SetupError extends Error {
  name = "SetupError";
}
