/** One text per list of parts: a JSON array has no two readings, whatever the parts contain. */
export function associatedDataOf(purpose: string, parts: readonly (string | number)[]): Buffer {
  return Buffer.from(JSON.stringify([purpose, ...parts]), "utf8");
}
