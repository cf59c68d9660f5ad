/** A run has the number of the request that it answers. */
export function runIdOf(requestId: string): string {
  return requestId.replace(/^[a-z]+_/, "run_");
}
