const said = new Set([
  "nothing left",
  "nothing is left",
  "nothing left to improve",
  "nothing is left to improve",
  "nothing to improve",
  "no improvements",
  "no improvement needed",
  "no improvements needed",
  "no further improvements",
  "no further improvements needed",
  "no further improvements are needed",
]);

/** Whether a model that was asked to improve its answer says, and says only, that nothing is left to improve. */
export function saysNothingIsLeft(text: string): boolean {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z]+/g, " ")
    .trim();
  return said.has(words);
}
