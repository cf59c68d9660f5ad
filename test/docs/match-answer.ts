/**
 * How an answer differs from the one that a document shows; empty when it does not. The answer may have more members than
 * the document. `...` in a text stands for any text, numbers stand for any number, but for 0.
 */
export function answerFaults(documented: unknown, actual: unknown, at = "the answer"): string[] {
  if (Array.isArray(documented))
    return Array.isArray(actual)
      ? documented.flatMap((item, index) => answerFaults(item, actual[index], `${at}[${index}]`))
      : [`${at} is no list`];
  if (isObject(documented))
    return isObject(actual)
      ? Object.entries(documented).flatMap(([name, value]) =>
          answerFaults(value, actual[name], `${at}.${name}`),
        )
      : [`${at} is no object`];
  if (typeof documented === "string")
    return typeof actual === "string" && patternOf(documented).test(actual)
      ? []
      : [`${at} is ${JSON.stringify(actual)}, not ${documented}`];
  const isRight =
    typeof documented === "number" && documented !== 0 ? typeof actual === "number" : actual === documented;
  return isRight ? [] : [`${at} is ${JSON.stringify(actual)}, not ${String(documented)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function patternOf(text: string): RegExp {
  const parts = text.split("...").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join("[^]*")}$`);
}
