import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import { LineCounter, parseDocument, type Document } from "yaml";
import { ConfigError } from "./config-error.ts";
import { findJsonSyntaxError } from "./json-syntax-error.ts";

/** Aliases expand at most this often, so that a small file cannot become a huge object. */
const maxAliasCount = 100;

export type ConfigPath = readonly (string | number)[];

/** A configuration file as read: plain data, and where each part of it stands. */
export interface ConfigFile {
  /** The file's path as given, for messages. */
  readonly source: string;
  readonly raw: unknown;
  /** Line and column (from 1) of the value at `path`; null when the file has no such value. */
  locate(path: ConfigPath): { readonly line: number; readonly column: number } | null;
}

/**
 * Reads a YAML or JSON file. JSON is a file that ends in `.json`, or one with another ending than `.yaml`/`.yml` that
 * begins with `{`.
 * @param required whether an absent file is an error (it was named) or simply null (it is the default).
 * @throws ConfigError with file, line and column when the file cannot be read or parsed.
 */
export async function loadConfigFile(
  path: string,
  { required }: { readonly required: boolean },
): Promise<ConfigFile | null> {
  const text = await readText(path, { required });
  return text === null ? null : parseConfigText(text, { source: path });
}

/** The parsing half of {@link loadConfigFile}. */
export function parseConfigText(text: string, { source }: { readonly source: string }): ConfigFile {
  const isJson = looksLikeJson(text, source);
  const json = isJson ? parseJson(text, source) : null;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: true, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const start = error.linePos?.[0];
    throw malformed(source, {
      line: start?.line ?? 1,
      column: start?.col ?? 1,
      reason: firstSentence(error.message),
    });
  }
  return {
    source,
    raw: json === null ? expandAliases(document, source) : json.value,
    locate: (path) => locateIn(document, { lines, path }),
  };
}

async function readText(path: string, { required }: { readonly required: boolean }): Promise<string | null> {
  try {
    if ((await stat(path)).isDirectory()) throw directoryInsteadOfFile(path);
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT" || code === "ENOTDIR") {
      if (!required) return null;
      throw new ConfigError(
        `The configuration file ${path} does not exist; create it, or correct -config or TOKENHUB_CONFIG.`,
        { cause: error },
      );
    }
    if (code === "EACCES" || code === "EPERM") {
      throw new ConfigError(
        `The configuration file ${path} may not be read; give this process's user permission to read it.`,
        { cause: error },
      );
    }
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw new ConfigError(
        `The configuration file ${path} is not UTF-8 text; save it with the encoding UTF-8.`,
        {
          cause: error,
        },
      );
    }
    throw error;
  }
}

function directoryInsteadOfFile(path: string): ConfigError {
  return new ConfigError(
    `The configuration path ${path} is a directory, not a file: Docker creates an empty directory when the file of a bind ` +
      `mount does not exist on the host; remove the directory there, create the file, and start the container again.`,
  );
}

function looksLikeJson(text: string, source: string): boolean {
  const extension = extname(source).toLowerCase();
  if (extension === ".yaml" || extension === ".yml") return false;
  return extension === ".json" ? text.trim() !== "" : text.trimStart().startsWith("{");
}

function parseJson(text: string, source: string): { readonly value: unknown } {
  const error = findJsonSyntaxError(text);
  if (error === null) return { value: JSON.parse(text) as unknown };
  const before = text.slice(0, error.offset).split("\n");
  throw malformed(source, {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    reason: error.reason,
  });
}

function firstSentence(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/ at line \d+, column \d+:?$/, "");
}

function malformed(
  source: string,
  { line, column, reason }: { readonly line: number; readonly column: number; readonly reason: string },
): ConfigError {
  return new ConfigError(
    `${source}:${line}:${column}: ${reason}; correct the file at line ${line}, column ${column}.`,
  );
}

function expandAliases(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount });
  } catch (error) {
    throw new ConfigError(
      `${source} uses too many YAML aliases (more than ${maxAliasCount}); write the values out.`,
      {
        cause: error,
      },
    );
  }
}

function locateIn(
  document: Document,
  { lines, path }: { readonly lines: LineCounter; readonly path: ConfigPath },
): { readonly line: number; readonly column: number } | null {
  const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range))
    return null;
  const position = lines.linePos(Number(node.range[0]));
  return { line: position.line, column: position.col };
}
