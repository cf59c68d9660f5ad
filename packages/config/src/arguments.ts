import { ConfigError } from "./config-error.ts";

export interface ProductArguments {
  /** The file named with `-config`; null when none was. */
  readonly configPath: string | null;
  readonly generateKey: boolean;
  readonly help: boolean;
}

/**
 * Reads the command line after the program name. Long options take one or two dashes and `=` or a separate value:
 * `-config FILE`, `--config=FILE`, `-generate-key`, `--help`. A leading word that is not an option (the `/tokenhub` of a
 * compose `command`) is ignored once.
 * @throws ConfigError for anything else.
 */
export function parseArguments(argv: readonly string[]): ProductArguments {
  let configPath: string | null = null;
  let generateKey = false;
  let help = false;
  const words = argv[0] !== undefined && !argv[0].startsWith("-") ? argv.slice(1) : argv;
  for (let index = 0; index < words.length; index += 1) {
    const { name, inlineValue } = splitOption(words[index] ?? "");
    if (name === "config") {
      configPath = requireFile(inlineValue ?? words[index + 1]);
      if (inlineValue === null) index += 1;
    } else if (name === "generate-key" && inlineValue === null) {
      generateKey = true;
    } else if ((name === "help" || name === "h") && inlineValue === null) {
      help = true;
    } else {
      throw new ConfigError(
        `The argument "${words[index]}" is not known; the options are -config FILE, -generate-key and --help.`,
      );
    }
  }
  return { configPath, generateKey, help };
}

function splitOption(word: string): { readonly name: string | null; readonly inlineValue: string | null } {
  const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(word);
  return { name: match?.[1] ?? null, inlineValue: match?.[2] ?? null };
}

function requireFile(value: string | undefined): string {
  if (value !== undefined && value !== "" && !value.startsWith("-")) return value;
  throw new ConfigError("The option -config needs the path of a file, for example -config config.json.");
}
