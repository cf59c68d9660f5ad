import { parseArgs } from "node:util";

/** What the caller of `npm run requirements` wants. */
export type RequirementsCommand = "check" | "from-source" | "write";

export const usage = `npm run requirements -- [--check | --from-source]

  without options   writes docs/requirements.md from the results of the last whole "npm test"
  --check           writes nothing; fails when the document, a title or a row is not as it should be
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
      "from-source": { type: "boolean", default: false },
    },
  });
  if (values["from-source"] && values.check) throw new TypeError("--from-source goes with no other option.");
  if (values["from-source"]) return "from-source";
  return values.check ? "check" : "write";
}
