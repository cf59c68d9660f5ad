const byteOrderMark = "\uFEFF";

/** Collects a body up to a size. */
export class BodyBuffer {
  readonly #maxBytes: number;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keeps what fits; false when something did not. */
  push(piece: Buffer): boolean {
    const room = this.#maxBytes - this.#bytes;
    const kept = piece.length > room ? piece.subarray(0, room) : piece;
    this.#pieces.push(kept);
    this.#bytes += kept.length;
    return kept.length === piece.length;
  }

  /** The body as UTF-8 text without byte order mark. */
  text(): string {
    const [first] = this.#pieces;
    if (first === undefined) return "";
    const whole = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#bytes);
    const text = whole.toString("utf8");
    return text.startsWith(byteOrderMark) ? text.slice(1) : text;
  }
}
