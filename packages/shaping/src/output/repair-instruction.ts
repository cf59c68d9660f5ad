/** One thing a validator found in an answer. */
export interface SchemaFault {
  /** JSON pointer into the answer; empty for the whole. */
  readonly path: string;
  readonly problem: string;
}

const faultsShown = 10;
const pathLength = 120;
const problemLength = 300;
const schemaLength = 16_000;

/** What an answer did wrong by its schema, as one clause of bounded length, e.g. "`/age`: must be an integer; and 3 more". */
export function describeSchemaErrors(faults: readonly SchemaFault[]): string {
  return listFaults(faults).join("; ");
}

function listFaults(faults: readonly SchemaFault[]): string[] {
  if (faults.length === 0) return ["it does not fit the schema"];
  const shown = faults.slice(0, faultsShown).map(describeFault);
  const more = faults.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}

function describeFault({ path, problem }: SchemaFault): string {
  const place = path === "" || path === "#" ? "the whole answer" : `\`${shorten(path, pathLength)}\``;
  return `${place}: ${shorten(problem.trim().replace(/\s+/g, " "), problemLength)}`;
}

/**
 * The user message of the one round in which a model may mend an answer that does not fit its schema. It names the faults and
 * repeats the schema, unless that is long; at most about 21,000 characters.
 * @param schema within `checkSchemaBounds`
 */
export function repairInstruction(
  faults: readonly SchemaFault[],
  { schema }: { readonly schema: unknown },
): string {
  const text = JSON.stringify(schema) ?? "true";
  return [
    "Your last answer cannot be used: it had to be one JSON value that fits a JSON Schema, and it is not.",
    "",
    "What is wrong:",
    ...listFaults(faults).map((fault) => `- ${fault}`),
    "",
    ...(text.length > schemaLength ? [] : ["The schema:", text, ""]),
    "Answer again with the corrected JSON value alone: no explanation, no Markdown, nothing before or behind it. Keep what was right.",
  ].join("\n");
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}...`;
}
