import { ConfigError } from "@tokenhub/config";

export interface BackupArguments {
  readonly words: readonly string[];
  /** False: the secrets of the data folder stay where they are. */
  readonly withSecrets: boolean;
}

/** @throws ConfigError with the usage for anything else than the expected words. */
export function readBackupArguments(
  given: readonly string[],
  {
    usage,
    leastWords = 0,
    mostWords,
  }: { readonly usage: string; readonly leastWords?: number; readonly mostWords: number },
): BackupArguments {
  const options = given.filter((argument) => argument.startsWith("-"));
  const words = given.filter((argument) => !argument.startsWith("-"));
  const isKnown = options.every((option) => option === "--no-secrets");
  if (!isKnown || words.length < leastWords || words.length > mostWords) {
    throw new ConfigError(`That is not understood; use ${usage}.`);
  }
  return { words, withSecrets: !options.includes("--no-secrets") };
}
