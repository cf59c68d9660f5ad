/** The marker, or the JSON escape of one of its characters: an escaped marker is a marker once the body is parsed. */
const marker = /@@tokenhub|\\u00(?:40|[46][258bef]|[57][45])/i;

/**
 * Whether any text in a request body can hold a directive: the cheap question to ask of the raw JSON (or of a plain text)
 * before anything is parsed for directives. Never false for a body that holds one; a true costs only a closer look.
 */
export function mayHoldDirective(text: string): boolean {
  return marker.test(text);
}
