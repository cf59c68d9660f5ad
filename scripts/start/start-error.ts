/** A reason why TokenHub cannot start; the message is one sentence for the person at the terminal, shown without a stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}
