import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { openRotatingLog } from "./rotating-log.ts";

test("at its limit a log becomes the one old file, also after a restart", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-log-"));
  const file = path.join(folder, "a.log");
  const options = { mostBytes: 10, onFailure: () => expect.unreachable() };
  {
    using log = openRotatingLog(file, options);
    log.write("12345\n");
  }
  using log = openRotatingLog(file, options);
  log.write("67890\n");
  expect(readFileSync(`${file}.1`, "utf8")).toBe("12345\n");
  log.write("abcdefghijkl\n");
  expect(readFileSync(`${file}.1`, "utf8")).toBe("67890\n");
  expect(readFileSync(file, "utf8")).toBe("abcdefghijkl\n");
  rmSync(folder, { recursive: true });
});
