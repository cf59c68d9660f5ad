import { expect, test } from "vitest";
import { parseDatabaseLocation } from "./database-location.ts";

const read = (text: string) => parseDatabaseLocation(text, { name: "TOKENHUB_DB_DSN" });

test.each([
  ["hub.db", "hub.db"],
  ["/data/hub.db", "/data/hub.db"],
  ["file:/data/tokenhub.sqlite?_pragma=busy_timeout(5000)", "/data/tokenhub.sqlite"],
  ["file:hub.db", "hub.db"],
  ["file:///data/hub.db", "/data/hub.db"],
  ["sqlite:./hub.db", "./hub.db"],
  ["sqlite:///data/hub.db", "/data/hub.db"],
])("%s is the SQLite file %s", (text, path) => {
  expect(read(text)).toEqual({ kind: "sqlite", path });
});

test("a PostgreSQL URL is kept as a secret, because it holds a password", () => {
  const location = read("postgresql://hub:hunter2@db/hub");
  expect(location.kind === "postgres" && location.url.reveal()).toBe("postgresql://hub:hunter2@db/hub");
  expect(JSON.stringify(location)).not.toContain("hunter2");
});

test.each([
  ["mysql://u:hunter2@h/d", "mysql database, which is not supported"],
  [":memory:", "names no file"],
  ["file::memory:?cache=shared", "names no file"],
])("%s is refused", (text, reason) => {
  expect(() => read(text)).toThrow(reason);
  expect(() => read(text)).toThrow("TOKENHUB_DB_DSN");
  expect(() => read(text)).not.toThrow("hunter2");
});
