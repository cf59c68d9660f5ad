import { inspect } from "node:util";
import { VaultError } from "../vault-error.ts";

const redacted = "[secret]";

/** Key material that never prints itself and can be wiped. Takes the buffer over: nobody else may keep or change it. */
export class SecretBytes implements Disposable {
  readonly #bytes: Buffer;
  #isWiped = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /**
   * The bytes themselves, to be used at once and not kept.
   *
   * @throws VaultError `vault_locked` after the bytes were wiped, so that zeroes are never used as a key
   */
  get bytes(): Buffer {
    if (this.#isWiped) throw new VaultError("vault_locked", "The vault was locked.");
    return this.#bytes;
  }

  [Symbol.dispose](): void {
    this.#isWiped = true;
    this.#bytes.fill(0);
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
