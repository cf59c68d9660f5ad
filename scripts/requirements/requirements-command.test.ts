import { expect, test } from "vitest";
import { parseRequirementsCommand } from "./requirements-command.ts";

test.each([
  [[], "write"],
  [["--check"], "check"],
  [["--from-source"], "from-source"],
])("%j gives %j", (argv, command) => {
  expect(parseRequirementsCommand(argv)).toEqual(command);
});

test.each([[["--chek"]], [["report"]], [["--from-source", "--check"]]])("%j is refused", (argv) => {
  expect(() => parseRequirementsCommand(argv)).toThrow(TypeError);
});
