import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { glob } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { redisServerRecordFile } from "../../scripts/redis-server-path.mjs";

const root = path.dirname(path.dirname(import.meta.dirname));

export interface ImageContents extends Disposable {
  readonly folder: string;
  /** Names of the packages from outside that are installed in it. */
  readonly packages: readonly string[];
}

/**
 * What the image of the whole product holds, without an engine: the files that `.dockerignore` lets through and the
 * packages that `npm ci --omit=dev` installs.
 */
export async function assembleImageContents(): Promise<ImageContents> {
  const folder = mkdtempSync(path.join(tmpdir(), "tokenhub-image-"));
  await copyContext(folder);
  const packages = linkPackages(folder);
  const record = redisServerRecordFile(folder);
  // In the image the server is on PATH.
  if (existsSync(redisServerRecordFile())) {
    mkdirSync(path.dirname(record));
    cpSync(redisServerRecordFile(), record);
  }
  return { folder, packages, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

async function copyContext(folder: string): Promise<void> {
  const lines = readFileSync(path.join(root, ".dockerignore"), "utf8").split("\n");
  const rules = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const included = rules.filter((rule) => rule.startsWith("!")).map((rule) => rule.slice(1));
  const excluded = rules.filter((rule) => !rule.startsWith("!") && rule !== "*");
  const isExcluded = (file: string): boolean =>
    excluded.some((rule) => path.matchesGlob(file, rule) || path.matchesGlob(file, `${rule}/**`));
  for (const entry of included) {
    const files = statSync(path.join(root, entry)).isDirectory()
      ? glob(`${entry}/**/*`, {
          cwd: root,
          withFileTypes: true,
          exclude: (item) => item.name === "node_modules",
        })
      : glob(entry, { cwd: root, withFileTypes: true });
    for await (const item of files) {
      const file = path.relative(root, path.join(item.parentPath, item.name));
      if (!item.isFile() || isExcluded(file)) continue;
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      cpSync(path.join(root, file), path.join(folder, file));
    }
  }
}

interface LockedPackage {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly link?: boolean;
  readonly resolved?: string;
}

function linkPackages(folder: string): string[] {
  const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
  const locked = Object.entries(lock.packages as Record<string, LockedPackage>);
  const names: string[] = [];
  for (const [place, { dev, devOptional, link, resolved = "" }] of locked) {
    const name = place.split("node_modules/").at(-1) ?? "";
    // A package inside another one comes with it, one inside a workspace does not; the image takes Node from its base.
    const isOnTop = /^(?:(?:apps|packages)\/[^/]+\/)?node_modules\/(?!.*node_modules\/)/.test(place);
    if (!isOnTop || dev === true || devOptional === true || /^node-(?:linux|win)-/.test(name)) continue;
    const source = link === true ? path.join(folder, resolved) : path.join(root, place);
    if (!existsSync(source)) continue;
    mkdirSync(path.dirname(path.join(folder, place)), { recursive: true });
    symlinkSync(source, path.join(folder, place), "junction");
    if (link !== true) names.push(name);
  }
  return names;
}
