import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

// redis-tools carries the server: `redis-check-rdb` is the same program and acts by the name it is started under.
const serverPackage = "redis-tools";
const neverMissing = new Set(["adduser", "libc6"]);

/**
 * Unpacks the distribution's Redis into `folder` on Debian and Ubuntu. Needs no root and installs nothing: apt's lists and
 * archives go into the folder too. Returns `{ server, problem }`, one of which is null.
 */
export function unpackDebianRedis({ folder, say }) {
  if (run("apt-get", ["--version"]) === null || run("dpkg", ["--version"]) === null) {
    return { server: null, problem: "No Redis server was found on this machine." };
  }
  say("no Redis server found: unpacking a private copy of the distribution's package into .cache/redis ...");
  const archives = path.join(folder, "archives");
  mkdirSync(archives, { recursive: true });
  if (!downloadAll({ folder, archives, say })) {
    return {
      server: null,
      problem:
        "No Redis server was found, and its package could not be downloaded from the distribution's mirror.",
    };
  }
  const unpacked = path.join(folder, "root");
  for (const archive of readdirSync(archives).filter((name) => name.endsWith(".deb"))) {
    if (run("dpkg", ["-x", path.join(archives, archive), unpacked]) === null) {
      return { server: null, problem: `The package ${archive} could not be unpacked.` };
    }
  }
  const server = makeServerCommand(unpacked);
  for (const leftover of ["archives", "apt"])
    rmSync(path.join(folder, leftover), { recursive: true, force: true });
  return server === null
    ? { server, problem: `The package ${serverPackage} of this distribution holds no Redis server.` }
    : { server, problem: null };
}

/** First with the machine's own package lists, then, when those are empty or out of date, with fresh private ones. */
function downloadAll({ folder, archives, say }) {
  const cache = privateFolder(path.join(folder, "apt", "cache"), "archives/partial");
  const own = [
    "-q",
    "-o",
    `Dir::Cache=${cache}`,
    "-o",
    "Acquire::Retries=2",
    "-o",
    "APT::Sandbox::User=root",
  ];
  if (download({ options: own, archives })) return true;
  say("fetching the package lists into .cache (the machine's own are missing or old) ...");
  const lists = privateFolder(path.join(folder, "apt", "lists"), "partial");
  const fresh = [...own, "-o", `Dir::State::lists=${lists}`];
  // A third-party source that fails makes the update fail as well; whether it sufficed shows in the download.
  run("apt-get", [...fresh, "update"]);
  return download({ options: fresh, archives });
}

function download({ options, archives }) {
  const packages = [serverPackage, ...missingLibraries(options)];
  return run("apt-get", [...options, "download", ...packages], { cwd: archives }) !== null;
}

function missingLibraries(options) {
  const depends =
    run("apt-cache", [...options.filter((option) => option !== "-q"), "depends", serverPackage]) ?? "";
  const names = [...depends.matchAll(/^ +Depends: ([a-z0-9][a-z0-9.+-]+)$/gm)].map((match) => match[1]);
  return names.filter((name) => !neverMissing.has(name) && !isInstalled(name));
}

function isInstalled(name) {
  const status = run("dpkg-query", ["--show", "--showformat=${db:Status-Status} ", name]);
  return status !== null && status.includes("installed ");
}

function makeServerCommand(unpacked) {
  const program = ["redis-server", "redis-check-rdb"]
    .map((name) => path.join(unpacked, "usr", "bin", name))
    .find((file) => existsSync(file));
  if (program === undefined) return null;
  const folder = path.dirname(unpacked);
  const command = path.join(folder, "redis-server");
  copyFileSync(program, command);
  chmodSync(command, 0o755);
  return { command, env: { LD_LIBRARY_PATH: libraryFolders(unpacked).join(":") } };
}

function libraryFolders(unpacked) {
  const roots = [path.join(unpacked, "usr", "lib"), path.join(unpacked, "lib")].filter((folder) =>
    existsSync(folder),
  );
  const isLibraryFolder = (folder) => readdirSync(folder).some((name) => name.includes(".so"));
  const nested = roots.flatMap((folder) =>
    readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(folder, entry.name)),
  );
  return [...roots, ...nested].filter(isLibraryFolder);
}

function privateFolder(folder, inside) {
  mkdirSync(path.join(folder, inside), { recursive: true });
  return folder;
}

/** Standard output of a command that succeeded, else null; bounded, so that an unreachable mirror cannot hang the set-up. */
function run(command, commandArguments, { cwd } = {}) {
  const result = spawnSync(command, commandArguments, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
    env: { ...process.env, LC_ALL: "C" },
  });
  return result.status === 0 ? result.stdout : null;
}
