/** Base64 without padding, in the alphabet that is safe in URLs and file names. */
export function encodeBase64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/** Only the one text that encodes these bytes is decoded, so that no changed character goes unnoticed; null otherwise. */
export function decodeBase64url(text: string): Buffer | null {
  return decodeExactly(text, "base64url");
}

/** As `decodeBase64url`, for padded Base64 in the standard alphabet. */
export function decodeBase64(text: string): Buffer | null {
  return decodeExactly(text, "base64");
}

function decodeExactly(text: string, encoding: "base64" | "base64url"): Buffer | null {
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : null;
}
