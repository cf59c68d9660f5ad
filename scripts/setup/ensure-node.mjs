import { existsSync } from "node:fs";
import path from "node:path";
import { SetupError } from "./setup-error.mjs";

const neededMajor = 24;

/** Throws unless the npm scripts will run on Node 24: the one the repository carries, or the machine's own. */
export function ensureNode({ root, version = process.versions.node, platform = process.platform }) {
  if (Number.parseInt(version, 10) >= neededMajor) return;
  const carried = platform === "win32" ? "node.cmd" : "node";
  if (existsSync(path.join(root, "node_modules", ".bin", carried))) return;
  const how =
    platform === "darwin"
      ? "with `brew install node@24` or from https://nodejs.org"
      : "from https://nodejs.org";
  throw new SetupError(
    `TokenHub needs Node ${neededMajor}, this is Node ${version}, and no Node ${neededMajor} is published as a package for ${platform} on ${process.arch}: install it ${how}, then run the command again.`,
  );
}
