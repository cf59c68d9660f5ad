import { createHash, type Hash } from "node:crypto";
import { hashOfText } from "./fingerprint.ts";

/** Hashes a body as it comes. */
export interface BodyHash {
  update(chunk: Uint8Array): void;
  /** SHA-256 in hexadecimal digits; asked for once, at the end. */
  digest(): string;
}

/** Longer bodies are not taken for JSON, whose members may change their order: that needs all of it at once. */
const longestJsonBytes = 1_048_576;

/** What a body says, however it is written: JSON in its canonical form, a form without the marks between its parts. */
export function createBodyHash(contentType: string): BodyHash {
  const boundary = boundaryOf(contentType);
  return boundary === null ? createTextHash() : createFormHash(Buffer.from(`--${boundary}`));
}

function createTextHash(): BodyHash {
  const asItIs = createHash("sha256");
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  return {
    update(chunk) {
      asItIs.update(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes <= longestJsonBytes) chunks.push(chunk);
      else chunks.length = 0;
    },
    digest: () =>
      sizeBytes > longestJsonBytes
        ? asItIs.digest("hex")
        : hashOfText(Buffer.concat(chunks).toString("utf8")),
  };
}

/** Clients make a new boundary each time they send a form. */
function createFormHash(mark: Buffer): BodyHash {
  const hash: Hash = createHash("sha256");
  let held: Buffer = Buffer.alloc(0);
  return {
    update(chunk) {
      let rest = Buffer.concat([held, chunk]);
      for (let at = rest.indexOf(mark); at >= 0; at = rest.indexOf(mark)) {
        hash.update(rest.subarray(0, at)).update("--");
        rest = rest.subarray(at + mark.length);
      }
      // The beginning of a mark may be among the last bytes.
      const sureBytes = Math.max(0, rest.length - mark.length + 1);
      hash.update(rest.subarray(0, sureBytes));
      held = Buffer.from(rest.subarray(sureBytes));
    },
    digest: () => hash.update(held).digest("hex"),
  };
}

function boundaryOf(contentType: string): string | null {
  if (!/^multipart\//i.test(contentType)) return null;
  const [, quoted, bare] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  return quoted ?? bare ?? null;
}
