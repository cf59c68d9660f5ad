import { randomBytes } from "node:crypto";

/** A Redis prefix no other test uses. */
export function uniquePrefix(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}
