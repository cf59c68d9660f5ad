const comparedLength = 64;
const maximumDistance = 3;

/**
 * Names within a few edits of a wanted one, closest first (at most `limit`), for a "did you mean". A name counts as close
 * when a third of the wanted name's length, at least 1 and at most 3 insertions, deletions or replacements turn one into
 * the other. Letter case is ignored; only the first 64 characters are compared, which bounds the work.
 */
export function closeMatches(wanted: string, choice: { names: Iterable<string>; limit: number }): string[] {
  const target = wanted.slice(0, comparedLength).toLowerCase();
  const tolerance = Math.min(maximumDistance, Math.max(1, Math.floor(target.length / 3)));
  const close: { name: string; distance: number }[] = [];
  for (const name of choice.names) {
    const distance = editDistance(name.slice(0, comparedLength).toLowerCase(), { target, tolerance });
    if (distance <= tolerance) close.push({ name, distance });
  }
  return close
    .toSorted((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, choice.limit)
    .map((match) => match.name);
}

/** Levenshtein distance, one row at a time; anything above the tolerance may be returned as `Infinity`. */
function editDistance(name: string, aim: { target: string; tolerance: number }): number {
  const { target, tolerance } = aim;
  if (Math.abs(name.length - target.length) > tolerance) return Infinity;
  const row = new Uint8Array(target.length + 1);
  for (let column = 1; column < row.length; column++) row[column] = column;
  for (let line = 1; line <= name.length; line++) {
    let diagonal = line - 1;
    let left = line;
    let smallest = line;
    row[0] = line;
    for (let column = 1; column < row.length; column++) {
      const above = row[column] ?? 0;
      const differs = name.charCodeAt(line - 1) === target.charCodeAt(column - 1) ? 0 : 1;
      left = Math.min(diagonal + differs, above + 1, left + 1);
      row[column] = left;
      diagonal = above;
      if (left < smallest) smallest = left;
    }
    if (smallest > tolerance) return Infinity;
  }
  return row[target.length] ?? Infinity;
}
