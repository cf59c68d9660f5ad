/** A name that holds a secret, or enough of one to guess the rest by. */
const secretName = /(?:secret|token|password|bearer|cookie|presented|apikey|credential|signature|digest)$/i;
/** What reads as a comparison with nothing, a type or a fixed word. */
const harmless = /^(?:null|undefined|true|false|-?\d[\d_]*|"[^"]*"|'[^']*'|`[^`$]*`|[A-Za-z]*Name)$/;
const operand = String.raw`[\w$.?!]+(?:\([^()]*\))?|"[^"]*"|'[^']*'`;
const operator = new RegExp(`(${operand})\\s*[!=]==?\\s*(${operand})`, "g");
const searching = /\.(?:includes|indexOf|startsWith|endsWith|localeCompare|compare|equals)\(([^()]*)\)/g;
/** The two functions whose time says nothing; they compare digests. */
const constantTime =
  /\b\w*(?:[hH]asher\.isEqual|timingSafeEqual)\(|\b(?:new Secret\([^)]*\)|\w+Password|\w+Secret)\.equals\(/;

/** Lines of a source file that compare a secret in a time that depends on it. */
export function leakyComparisons(source: string): string[] {
  const withoutComments = source.replaceAll(/\/\*[\s\S]*?\*\//g, (comment) =>
    comment.replaceAll(/[^\n]/g, ""),
  );
  return withoutComments
    .split("\n")
    .map((line) => line.replace(/(?<!:)\/\/.*$/, ""))
    .filter((line) => comparesSecret(line) && !constantTime.test(line))
    .map((line) => line.trim());
}

function comparesSecret(line: string): boolean {
  const pairs = [...line.matchAll(operator)].map((match) => [match[1] ?? "", match[2] ?? ""]);
  if (pairs.some((pair) => pair.some(isSecret) && !pair.some((side) => harmless.test(side)))) return true;
  return [...line.matchAll(searching)].some((match) => isSecret(match[1] ?? ""));
}

function isSecret(side: string): boolean {
  const name =
    side
      .replace(/\([^()]*\)$/, "")
      .split(/[.?!]+/)
      .at(-1) ?? "";
  return secretName.test(name);
}
