import { expect, test } from "vitest";
import { parseRequirementsCommand } from "./requirements-command.ts";

test.each([
  [[], { action: "write", allowMissing: false }],
  [["--check"], { action: "check", allowMissing: false }],
  [["--check", "--allow-missing"], { action: "check", allowMissing: true }],
  [["--from-source"], { action: "from-source", allowMissing: false }],
])("%j gives %j", (argv, command) => {
  expect(parseRequirementsCommand(argv)).toEqual(command);
});

test.each([
  [["--chek"]],
  [["report"]],
  [["--allow-missing"]],
  [["--from-source", "--check"]],
  [["--from-source", "--allow-missing"]],
])("%j is refused", (argv) => {
  expect(() => parseRequirementsCommand(argv)).toThrow(TypeError);
});
