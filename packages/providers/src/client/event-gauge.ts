const lineFeed = 10;
const carriageReturn = 13;

/**
 * Measures how many bytes of an event stream have arrived since its last blank line: the size of the event that is being
 * received. It looks backwards from the end of each piece, where the blank line usually is.
 */
export class EventGauge {
  #bytes = 0;
  #last = 0;
  #beforeLast = 0;

  /** Takes the next piece; returns the size of the event that is still open at its end. */
  measure(piece: Uint8Array): number {
    if (piece.length === 0) return this.#bytes;
    const end = this.#endOfLastBlankLine(piece);
    this.#bytes = end === -1 ? this.#bytes + piece.length : piece.length - end;
    this.#beforeLast = piece.length > 1 ? (piece[piece.length - 2] ?? 0) : this.#last;
    this.#last = piece[piece.length - 1] ?? this.#last;
    return this.#bytes;
  }

  /** Index after the last blank line (LF LF, CR LF CR LF, CR CR), or -1; it may begin in the piece before. */
  #endOfLastBlankLine(piece: Uint8Array): number {
    for (let index = piece.length - 1; index >= 0; index -= 1) {
      const byte = piece[index];
      if (byte !== lineFeed && byte !== carriageReturn) continue;
      const before = this.#byteBefore(piece, index);
      if (byte === carriageReturn || before === lineFeed) {
        if (isLineEnd(before)) return index + 1;
      } else if (before === carriageReturn && isLineEnd(this.#byteBefore(piece, index - 1))) {
        return index + 1;
      }
    }
    return -1;
  }

  #byteBefore(piece: Uint8Array, index: number): number {
    if (index > 0) return piece[index - 1] ?? 0;
    return index === 0 ? this.#last : this.#beforeLast;
  }
}

function isLineEnd(byte: number): boolean {
  return byte === lineFeed || byte === carriageReturn;
}
