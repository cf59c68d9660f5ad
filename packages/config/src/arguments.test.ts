import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";
import { ConfigError } from "./config-error.ts";

const nothing = { configPath: null, generateKey: false, help: false };

test.each([
  [["-config", "config.json"]],
  [["-config=config.json"]],
  [["--config", "config.json"]],
  [["--config=config.json"]],
  [["/tokenhub", "-config", "config.json"]],
])("S4-6: %j names the configuration file", (argv) => {
  expect(parseArguments(argv)).toEqual({ ...nothing, configPath: "config.json" });
});

test("S4-1: one or two dashes ask for a key or for help", () => {
  expect(parseArguments(["-generate-key"])).toEqual({ ...nothing, generateKey: true });
  expect(parseArguments(["--generate-key"])).toEqual({ ...nothing, generateKey: true });
  expect(parseArguments(["--help"])).toEqual({ ...nothing, help: true });
});

test("no arguments, and a lone program name as a compose command gives it, mean the defaults", () => {
  expect(parseArguments([])).toEqual(nothing);
  expect(parseArguments(["/tokenhub"])).toEqual(nothing);
});

test.each([
  [["--confg", "x"], "--confg"],
  [["-config", "a.json", "stray"], "stray"],
  [["-config"], "needs the path of a file"],
  [["-config="], "needs the path of a file"],
  [["-config", "-generate-key"], "needs the path of a file"],
  [["-generate-key=yes"], "-generate-key=yes"],
  [["/tokenhub", "/tokenhub"], "/tokenhub"],
  [["---help"], "---help"],
])("%j is refused with a sentence about %s", (argv, mention) => {
  expect(() => parseArguments(argv)).toThrow(ConfigError);
  expect(() => parseArguments(argv)).toThrow(mention);
});
