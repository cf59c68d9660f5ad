import { createHash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

const redacted = "[secret]";

/** A value that shows itself as `[secret]` wherever it is printed, logged or serialised; only `reveal()` gives it away. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /** Compares in a time that depends neither on the content nor on the length of the secret. */
  equals(other: Secret | string): boolean {
    return timingSafeEqual(digest(this.#value), digest(typeof other === "string" ? other : other.reveal()));
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}

function digest(value: string): Buffer {
  return createHash("sha256").update(value).digest();
}
