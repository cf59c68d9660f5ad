// Part of the image build: fills NODE_COMPILE_CACHE with everything that the named services load, so that the first start
// in a container, whose file system may be read-only, is as fast as a later one. `node warm-compile-cache.mjs SERVICE ...`.
import { existsSync } from "node:fs";
import nodeModule from "node:module";

const services = process.argv.slice(2);
const files = services.map((name) => new URL(`../apps/${name}/src/compose.ts`, import.meta.url));
for (const file of files) {
  if (!existsSync(file)) throw new Error(`${file.pathname} does not exist`);
  await import(file.href);
}
// Several services in one image are run by the start command.
if (services.length > 1) await import("./start/run-until-stopped.ts");
nodeModule.flushCompileCache();
// What a module holds open when it is loaded must not hold up the build.
process.exit();
