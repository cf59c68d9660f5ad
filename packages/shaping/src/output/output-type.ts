/** Forms an answer's text can be brought into. */
export const outputTypes = ["none", "json", "markdown", "text", "xml"] as const;
export type OutputType = (typeof outputTypes)[number];
