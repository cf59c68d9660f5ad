import { ConfigError } from "./config-error.ts";
import { Secret } from "./secret.ts";

export type DatabaseLocation =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: Secret };

/**
 * Reads a data source name: `postgres://...`, `postgresql://...`, or a SQLite file as a plain path, `file:path` or
 * `sqlite:path` (parameters after `?` are dropped, because the pragmas are ours).
 * @param name how the setting is called in the message of an error.
 * @throws ConfigError for another database, and for an in-memory SQLite, which would forget everything.
 */
export function parseDatabaseLocation(text: string, { name }: { readonly name: string }): DatabaseLocation {
  const trimmed = text.trim();
  if (/^postgres(ql)?:\/\//.test(trimmed)) return { kind: "postgres", url: new Secret(trimmed) };
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(trimmed)?.[1]?.toLowerCase() ?? null;
  if (scheme !== null && scheme !== "file" && scheme !== "sqlite") {
    throw new ConfigError(
      `${name} names a ${scheme} database, which is not supported; use postgres://..., a SQLite file path, or leave it empty.`,
    );
  }
  const path = (
    scheme === null ? trimmed : trimmed.slice(scheme.length + 1).replace(/^\/\/(?=\/)|^\/\//, "")
  ).replace(/\?.*$/s, "");
  if (path === "" || path === ":memory:" || path.startsWith(":memory:")) {
    throw new ConfigError(
      `${name} names no file; give the path of a SQLite file such as ./data/tokenhub.db.`,
    );
  }
  return { kind: "sqlite", path };
}
