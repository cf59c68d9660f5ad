/** A base64 data URL taken apart; null for every other URL. Parameters such as `charset` are dropped from the media type. */
export function parseDataUrl(url: string): { readonly mediaType: string; readonly data: string } | null {
  const comma = url.indexOf(",");
  if (comma === -1 || !/^data:/i.test(url)) return null;
  const [mediaType = "", ...parameters] = url.slice(5, comma).split(";");
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === "base64");
  return isBase64 ? { mediaType: mediaType.trim().toLowerCase(), data: url.slice(comma + 1) } : null;
}

export function formatDataUrl(content: { readonly mediaType: string; readonly data: string }): string {
  return `data:${content.mediaType};base64,${content.data}`;
}

/** Base64 to text; null when it is no base64 or no UTF-8. */
export function decodeBase64Text(data: string): string | null {
  try {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // Binary content is an expected outcome; the caller decides what to do with it.
    return null;
  }
}

/** Text to base64 of its UTF-8 bytes. */
export function encodeBase64Text(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}
