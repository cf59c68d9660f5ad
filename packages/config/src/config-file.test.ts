import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { loadConfigFile, parseConfigText } from "./config-file.ts";

async function setUpFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tokenhub-config-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function load(name: string, content: string | Buffer): Promise<unknown> {
  const path = join(await setUpFolder(), name);
  await writeFile(path, content);
  return (await loadConfigFile(path, { required: true }))?.raw;
}

test("YAML and JSON files give the same data", async () => {
  expect(await load("a.yaml", "server:\n  port: 8080\n")).toEqual({ server: { port: 8_080 } });
  expect(await load("a.json", '{"server": {"port": 8080}}')).toEqual({ server: { port: 8_080 } });
  expect(await load("config", '{"server": {"port": 8080}}')).toEqual({ server: { port: 8_080 } });
  expect(await load("config", "server: {port: 8080}")).toEqual({ server: { port: 8_080 } });
});

test("an empty file, or one with comments only, states nothing", async () => {
  expect(await load("a.yaml", "# nothing yet\n")).toBeNull();
  expect(await load("a.json", "  \n")).toBeNull();
});

test("a byte-order mark and Windows line ends are tolerated", async () => {
  expect(await load("a.yaml", "\uFEFFlog_level: info\r\nserver:\r\n  port: 1\r\n")).toEqual({
    log_level: "info",
    server: { port: 1 },
  });
  expect(await load("a.json", '\uFEFF{"log_level": "info"}')).toEqual({ log_level: "info" });
});

test("a JSON document survives unchanged, whatever its content and indentation", () => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: "small" }), fc.constantFrom(0, 2, "\t"), (value, indentation) => {
      const raw = { value };
      const text = JSON.stringify(raw, null, indentation);
      expect(parseConfigText(text, { source: "x.json" }).raw).toEqual(JSON.parse(text));
    }),
  );
});

test("S1-45: an absent default file is fine, an absent named file is an error", async () => {
  const path = join(await setUpFolder(), "none.yaml");
  expect(await loadConfigFile(path, { required: false })).toBeNull();
  await expect(loadConfigFile(path, { required: true })).rejects.toThrow(ConfigError);
  await expect(loadConfigFile(path, { required: true })).rejects.toThrow(`${path} does not exist`);
});

test("a directory at the path is explained as Docker's doing, also at the default path", async () => {
  const path = join(await setUpFolder(), "config.json");
  await mkdir(path);
  for (const required of [true, false]) {
    await expect(loadConfigFile(path, { required })).rejects.toThrow(
      /is a directory, not a file: Docker creates an empty directory/,
    );
  }
});

test("a file in another encoding is refused with the remedy", async () => {
  await expect(load("a.yaml", Buffer.from("log_level: info", "utf16le").fill(0xff, 0, 2))).rejects.toThrow(
    "save it with the encoding UTF-8",
  );
});

test.skipIf(process.getuid?.() === 0)(
  "a file without read permission is named (root may read everything)",
  async () => {
    const path = join(await setUpFolder(), "a.yaml");
    await writeFile(path, "a: 1");
    await chmod(path, 0);
    await expect(loadConfigFile(path, { required: true })).rejects.toThrow("may not be read");
  },
);

test.each([
  ["a.yaml", "server:\n  port: 1\n  port: 2\n", 3, 3],
  ["a.yaml", "a: b: c\n", 1, 4],
  ["a.yaml", "list:\n\t- tab\n", 2, 1],
  ["a.json", '{\n  "a": 1\n  "b": 2\n}', 3, 3],
  ["a.json", '{\n  "a": 1,\n}', 3, 1],
  ["a.json", '{\n  "a": [1, 2', 2, 13],
  ["a.json", '{"a": 1,\n "a": 2}', 2, 2],
])("a fault in %s (%j) is reported at line %d, column %d", (source, text, line, column) => {
  expect(() => parseConfigText(text, { source })).toThrow(ConfigError);
  expect(() => parseConfigText(text, { source })).toThrow(`${source}:${line}:${column}: `);
});

test("a syntax error never repeats the text of the file", () => {
  for (const source of ["a.json", "a.yaml"]) {
    expect(() => parseConfigText('{"api_key": "sk-hunter2", oops: [}', { source })).toThrow(ConfigError);
    expect(() => parseConfigText('{"api_key": "sk-hunter2", oops: [}', { source })).not.toThrow("hunter2");
  }
});

test("YAML aliases work, but not without limit", () => {
  expect(parseConfigText("a: &x {n: 1}\nb: *x\n", { source: "a.yaml" }).raw).toEqual({
    a: { n: 1 },
    b: { n: 1 },
  });
  const levels = Array.from(
    { length: 12 },
    (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
  );
  const bomb = [`l0: &l0 [lol]`, ...levels].join("\n");
  expect(() => parseConfigText(bomb, { source: "a.yaml" })).toThrow("too many YAML aliases");
});

test("every part of the file can be located", () => {
  const file = parseConfigText("models:\n  - id: a\n    weight: 1\n  - id: b\n    weight: -1\n", {
    source: "a.yaml",
  });
  expect(file.locate(["models", 1, "weight"])).toEqual({ line: 5, column: 13 });
  expect(file.locate(["models", 1])).toEqual({ line: 4, column: 5 });
  expect(file.locate(["models", 2])).toBeNull();
});
