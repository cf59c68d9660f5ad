/** A pattern that has no place in the sources. */
export interface ScanRule {
  readonly id: string;
  readonly pattern: RegExp;
  /** Whether the rule looks at a file, by its path from the repository's folder with forward slashes. */
  readonly looksAt: (path: string) => boolean;
  /** What is wrong with it, as the second half of a sentence. */
  readonly because: string;
}

export interface ScanFinding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly ruleId: string;
  readonly because: string;
}
