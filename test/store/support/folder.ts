import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

/** A folder of its own for the running test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "talktrace-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A disk of its own with ext4 for the running test, which can be frozen, or `undefined`, with a
 * printed reason, where this machine does not let us have one.
 */
export function makeLoopDisk(): string | undefined {
  const folder = makeFolder();
  const image = join(folder, "image");
  const mountPoint = join(folder, "disk");
  mkdirSync(mountPoint);
  try {
    writeFileSync(image, "");
    truncateSync(image, 16 * 1024 * 1024);
    execFileSync("mkfs.ext4", ["-q", image], { stdio: "pipe" });
    execFileSync("mount", ["-o", "loop", image, mountPoint], { stdio: "pipe" });
  } catch {
    process.stderr.write("not run: a disk in a file needs root, loop devices and ext4\n");
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", mountPoint], { stdio: "pipe" });
  });
  return mountPoint;
}

/**
 * A file system of `size` for the running test, or `undefined`, with a printed reason, where this
 * machine does not let us mount one.
 */
export function makeSmallDisk(size: string): string | undefined {
  const mountPoint = join(makeFolder(), "disk");
  mkdirSync(mountPoint);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", mountPoint], {
      stdio: "pipe",
    });
  } catch {
    process.stderr.write("not run: mounting a small disk needs root and tmpfs\n");
    return undefined;
  }
  // Hooks run in reverse order, so this comes before the folder is removed.
  onTestFinished(() => {
    execFileSync("umount", ["-l", mountPoint], { stdio: "pipe" });
  });
  return mountPoint;
}
