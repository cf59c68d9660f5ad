import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { SetupError } from "./setup-error.mjs";
import { withSetupLock } from "./setup-lock.mjs";

/**
 * Installs the locked packages when `node_modules` is not what package-lock.json says. A stamp in `node_modules` holds the
 * hash of the lock file it was made from, so that a warm run only reads two files.
 */
export async function ensurePackages({ root, say, install = runNpmCi }) {
  const lockText = readFileSync(path.join(root, "package-lock.json"), "utf8");
  const stamp = `${createHash("sha256").update(lockText).digest("hex")} ${process.platform}-${process.arch}\n`;
  const stampFile = path.join(root, "node_modules", ".tokenhub-setup");
  const isStamped = () => existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
  if (isStamped() && hasCarriedNode({ root, lockText })) return;
  if (isInstalled({ root, lockText })) return writeFileSync(stampFile, stamp);
  await withSetupLock({ root, say }, async () => {
    // Another set-up may have installed them while this one waited for the lock.
    if (isInstalled({ root, lockText })) return;
    say("installing packages with npm ci (about a minute the first time) ...");
    await install({ root });
    if (!isInstalled({ root, lockText })) {
      throw new SetupError(
        "npm ci left packages out, which happens when the registry could not be reached for some of them: run the command again.",
      );
    }
    say("packages are installed");
  });
  writeFileSync(stampFile, stamp);
}

/** True when npm's own record of `node_modules` agrees with the lock file, as it does after `npm install` or `npm ci`. */
export function isInstalled({ root, lockText }) {
  const recordFile = path.join(root, "node_modules", ".package-lock.json");
  if (!existsSync(recordFile) || !hasCarriedNode({ root, lockText })) return false;
  const installed = JSON.parse(readFileSync(recordFile, "utf8")).packages ?? {};
  const locked = JSON.parse(lockText).packages ?? {};
  return Object.entries(locked).every(([location, entry]) => {
    if (!location.includes("node_modules/")) return true;
    const found = installed[location];
    if (found === undefined) return mayBeAbsent(entry);
    return found.version === entry.version && found.link === entry.link;
  });
}

/** An optional package may be absent, unless it names this machine: then it carries a binary that something needs. */
function mayBeAbsent(entry) {
  if (entry.optional !== true && entry.devOptional !== true && entry.peer !== true) return false;
  if (entry.os === undefined && entry.cpu === undefined) return true;
  const excludes = (names, value) => names !== undefined && ![names].flat().includes(value);
  // glibc and musl cannot be told apart here cheaply.
  return (
    entry.libc !== undefined || excludes(entry.os, process.platform) || excludes(entry.cpu, process.arch)
  );
}

/** False when the lock file names a Node for this machine that is not there: an optional package can be missing silently. */
function hasCarriedNode({ root, lockText }) {
  const name = `node_modules/node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  if (JSON.parse(lockText).packages?.[name] === undefined) return true;
  return existsSync(
    path.join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node"),
  );
}

async function runNpmCi({ root }) {
  const npmScript = process.env.npm_execpath;
  const ciArguments = [
    "ci",
    "--ignore-scripts",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
  ];
  const [command, commandArguments] =
    npmScript !== undefined && /\.[cm]?js$/.test(npmScript)
      ? [process.execPath, [npmScript, ...ciArguments]]
      : ["npm", ciArguments];
  const child = spawn(command, commandArguments, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  // A stopped set-up must not leave npm at work in the background.
  const stop = () => child.kill("SIGTERM");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  const problem = await new Promise((resolve) => {
    child.once("error", (error) =>
      resolve(`npm could not be started (${error.message}): install npm, then run the command again.`),
    );
    child.once("exit", (code, signal) => resolve(code === 0 ? null : explainEnd(signal)));
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(signal, stop);
  if (problem !== null) throw new SetupError(problem);
}

function explainEnd(signal) {
  if (signal !== null) return "Set-up was stopped.";
  return "npm ci failed: its messages above say why; check the network and the npm registry setting, then run the command again.";
}
