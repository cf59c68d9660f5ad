// Runs before `npm start`, `npm test` and `npm run verify`, on whatever Node the machine has: keep it parsable by Node 18.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { ensureNode } from "./setup/ensure-node.mjs";
import { ensurePackages } from "./setup/ensure-packages.mjs";
import { ensureRedisServer } from "./setup/ensure-redis-server.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const say = (line) => process.stdout.write(`setup: ${line}\n`);

try {
  await ensurePackages({ root, say });
  ensureNode({ root });
  await ensureRedisServer({ root, say });
} catch (error) {
  const expected = error instanceof Error && error.name === "SetupError";
  process.stderr.write(`setup: ${expected ? error.message : (error?.stack ?? String(error))}\n`);
  process.exitCode = 1;
}
