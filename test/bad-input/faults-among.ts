/** The promises that are not kept, so that a test sees all of them at once. */
export function faultsAmong(promises: Readonly<Record<string, boolean>>): string[] {
  return Object.entries(promises)
    .filter(([, isKept]) => !isKept)
    .map(([promise]) => promise);
}
