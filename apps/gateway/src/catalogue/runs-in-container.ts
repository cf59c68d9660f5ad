import { existsSync } from "node:fs";

/** Files that container engines leave in every container. */
const marks = ["/.dockerenv", "/run/.containerenv"];

/** Whether this process runs in a container, where `localhost` is the container itself. */
export function runsInContainer(): boolean {
  return marks.some((path) => existsSync(path));
}
