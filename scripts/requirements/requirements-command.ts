import { parseArgs } from "node:util";

/** What the caller of `npm run requirements` wants. */
export interface RequirementsCommand {
  readonly action: "check" | "from-source" | "write";
  readonly allowMissing: boolean;
}

export const usage = `npm run requirements -- [--check [--allow-missing] | --from-source]

  without options   writes docs/requirements.md from the results of the last whole "npm test"
  --check           writes nothing; fails when the document, a title or a row is not as it should be
  --allow-missing   rows without a test are counted, and a stale document is told of, without an error
  --from-source     lists the rows that no test's title names, without any results`;

/**
 * Reads the options of the command.
 *
 * @throws TypeError for an unknown option or options that exclude each other.
 */
export function parseRequirementsCommand(argv: readonly string[]): RequirementsCommand {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      check: { type: "boolean", default: false },
      "allow-missing": { type: "boolean", default: false },
      "from-source": { type: "boolean", default: false },
    },
  });
  const allowMissing = values["allow-missing"];
  if (values["from-source"] && (values.check || allowMissing)) {
    throw new TypeError("--from-source goes with no other option.");
  }
  if (allowMissing && !values.check) throw new TypeError("--allow-missing goes with --check only.");
  if (values["from-source"]) return { action: "from-source", allowMissing: false };
  return { action: values.check ? "check" : "write", allowMissing };
}
