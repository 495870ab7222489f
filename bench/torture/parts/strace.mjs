import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";

/** Calls that change a file, a folder or its state on the disk. `?`: if the system has this call. */
const CHANGING =
  "?open openat ?creat write pwrite64 writev pwritev ?pwritev2 ?sendfile ?copy_file_range fsync " +
  "fdatasync ?sync_file_range ?rename renameat ?renameat2 ?link linkat ?unlink unlinkat ?symlink " +
  "symlinkat ?truncate ftruncate ?fallocate ?mkdir mkdirat ?rmdir close ?utime ?utimes ?futimesat " +
  "utimensat ?chmod fchmod fchmodat flock";
/** Calls that only read. */
const LOOKING = "?stat fstat ?lstat ?newfstatat ?statx ?getdents getdents64 read pread64";

/**
 * Attaches to one thread and follows its calls on files until it ends. `inject` is strace's option of
 * that name, e.g. `openat:signal=KILL:when=3`. Resolves when it is attached.
 */
export async function attach(thread, logPath, inject) {
  const calls = inject === undefined ? `${CHANGING} ${LOOKING}`.split(" ") : [inject.split(":")[0]];
  const args = ["-y", "-o", logPath, "-p", String(thread), "-e", `trace=${calls.join(",")}`];
  if (inject !== undefined) args.push("-e", `inject=${inject}`);
  const child = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  const ended = new Promise((resolve) => {
    child.on("error", (error) => {
      said = error.code === "ENOENT" ? "it is not installed" : error.message;
      resolve();
    });
    child.on("close", resolve);
  });
  await new Promise((resolve, reject) => {
    child.stderr.on("data", (data) => {
      said += String(data);
      if (said.includes("attached")) resolve();
    });
    void ended.then(() => reject(new Error(`strace: ${said.trim() || "it ended"}`)));
  });
  return { ended };
}

/**
 * The calls in a log that are on files of a folder. Each has its name, and its number among the calls
 * of that name in the thread.
 */
export function readCalls(logPath, directory) {
  const lines = readFileSync(logPath, "utf8").split("\n");
  rmSync(logPath, { force: true });
  const counts = new Map();
  return lines.flatMap((line) => {
    const [, name] = /^(\w+)\(/.exec(line) ?? [];
    if (name === undefined) return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return line.includes(directory) ? [{ name, nth, line }] : [];
  });
}

/** Whether a call changes something. */
export function isChanging({ name }) {
  return CHANGING.split(/ \??/).includes(name);
}

/** Why strace cannot be used; undefined if it can. Tries it, because a system may forbid tracing. */
export async function whyNoStrace() {
  if (process.platform !== "linux") return "strace is for Linux";
  const probe = spawn("sleep", ["60"], { stdio: "ignore" });
  try {
    const { ended } = await attach(probe.pid, "/dev/null");
    probe.kill("SIGKILL");
    await ended;
  } catch (error) {
    return `${error.message} (Debian: apt-get install strace; needs the right to trace)`;
  } finally {
    probe.kill("SIGKILL");
  }
}
