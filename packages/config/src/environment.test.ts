import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { readEnvironment } from "./environment.ts";

const reader = readEnvironment({
  EMPTY: "",
  BLANK: "  \n",
  NAME: " hub \n",
  PORT: "8080",
  BAD_PORT: "80a",
  HEX: "0x10",
  FLAG: "true",
  OFF: "false",
  BAD_FLAG: "yes",
  UPPER_FLAG: "True",
  WAIT: "1m30s",
  BAD_WAIT: "90",
  LIST: "a, b,,c ",
  COMMAS: " , ,",
  LEVEL: "Info",
  SHARE: ".5",
  KEY: "sk-secret",
});

test("unset, empty and blank variables are the same: null", () => {
  for (const name of ["MISSING", "EMPTY", "BLANK"]) {
    expect(reader.envString(name)).toBeNull();
    expect(reader.envSecret(name)).toBeNull();
    expect(reader.envInteger(name)).toBeNull();
    expect(reader.envBoolean(name)).toBeNull();
    expect(reader.envDurationMs(name)).toBeNull();
    expect(reader.envList(name)).toBeNull();
  }
  expect(reader.envList("COMMAS")).toBeNull();
});

test("each reader gives the typed value", () => {
  expect(reader.envString("NAME")).toBe("hub");
  expect(reader.envInteger("PORT", { min: 1, max: 65_535 })).toBe(8_080);
  expect(reader.envNumber("SHARE")).toBe(0.5);
  expect(reader.envBoolean("FLAG")).toBe(true);
  expect(reader.envBoolean("OFF")).toBe(false);
  expect(reader.envDurationMs("WAIT")).toBe(90_000);
  expect(reader.envList("LIST")).toEqual(["a", "b", "c"]);
  expect(reader.envChoice("LEVEL", ["debug", "info"])).toBe("info");
  expect(reader.envSecret("KEY")?.reveal()).toBe("sk-secret");
});

test.each([
  ["BAD_PORT", () => reader.envInteger("BAD_PORT"), "whole number"],
  ["HEX", () => reader.envInteger("HEX"), "whole number"],
  ["SHARE", () => reader.envInteger("SHARE"), "whole number"],
  ["PORT", () => reader.envInteger("PORT", { min: 0, max: 1_023 }), "from 0 to 1023"],
  ["BAD_FLAG", () => reader.envBoolean("BAD_FLAG"), "true or false"],
  ["UPPER_FLAG", () => reader.envBoolean("UPPER_FLAG"), "true or false"],
  ["BAD_WAIT", () => reader.envDurationMs("BAD_WAIT"), "write it like"],
  ["LEVEL", () => reader.envChoice("LEVEL", ["debug", "warn"]), "debug or warn"],
])("a wrong %s is an error that names the variable and what to set", (name, read, advice) => {
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(name);
  expect(read).toThrow(advice);
});

test("S1d-27, S4-41: every secret can come from a file that a secret manager keeps; the variable itself wins", () => {
  const folder = mkdtempSync(join(tmpdir(), "tokenhub-secret-"));
  try {
    const path = join(folder, "key");
    writeFileSync(path, "sk-from-file\n");
    writeFileSync(join(folder, "empty"), "\n");
    const read = (environment: Record<string, string>) =>
      readEnvironment(environment).envSecret("OPENAI_API_KEY");
    expect(read({ OPENAI_API_KEY_FILE: path })?.reveal()).toBe("sk-from-file");
    expect(read({ OPENAI_API_KEY_FILE: path, OPENAI_API_KEY: "sk-direct" })?.reveal()).toBe("sk-direct");
    expect(() => read({ OPENAI_API_KEY_FILE: join(folder, "absent") })).toThrow(
      /OPENAI_API_KEY_FILE names .*absent/,
    );
    expect(() => read({ OPENAI_API_KEY_FILE: join(folder, "empty") })).toThrow(ConfigError);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
