import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const pollMs = 200;

/** Runs `work` while no other set-up of this checkout does; the lock of a dead process is taken over. */
export async function withSetupLock({ root, say }, work) {
  const file = path.join(root, ".cache", "setup.lock");
  mkdirSync(path.dirname(file), { recursive: true });
  let hasSaidSo = false;
  while (!tryLock(file)) {
    if (!hasSaidSo) say("waiting for another set-up of this checkout to finish ...");
    hasSaidSo = true;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function tryLock(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!isHolderAlive(file)) rmSync(file, { force: true });
    return false;
  }
}

function isHolderAlive(file) {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    return pid !== process.pid && process.kill(pid, 0);
  } catch (error) {
    // ESRCH: dead. ENOENT: released in this moment. EPERM: alive under another user.
    return error.code === "EPERM";
  }
}
