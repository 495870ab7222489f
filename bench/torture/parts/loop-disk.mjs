import { existsSync, mkdirSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { runCommand } from "./child.mjs";

const IMAGE_BYTES = 512 * 1024 * 1024;
const PROGRAMS = {
  ext4: { make: ["mkfs.ext4", "-q", "-F"], debian: "e2fsprogs" },
  xfs: { make: ["mkfs.xfs", "-q", "-f"], debian: "xfsprogs" },
  btrfs: { make: ["mkfs.btrfs", "-q", "-f"], debian: "btrfs-progs" },
};
const mounted = new Set();

export const FILE_SYSTEMS = Object.keys(PROGRAMS);

/** Why the power of a disk with this file system cannot be cut here; undefined if it can. */
export async function whyNoDisk(fileSystem, folder) {
  if (process.platform !== "linux") return "loop devices are of Linux";
  if (process.getuid?.() !== 0) return "only root may mount";
  const { make, debian } = PROGRAMS[fileSystem];
  for (const [program, owner] of [
    [make[0], debian],
    ["xfs_io", "xfsprogs"],
    ["mkfs.xfs", "xfsprogs"],
  ]) {
    const { code } = await runCommand("sh", ["-c", `command -v ${program}`]);
    if (code !== 0) return `${program} is not installed (Debian: apt-get install ${owner})`;
  }
  const disk = makeDisk(fileSystem, join(folder, "probe"));
  try {
    await disk.format();
    await disk.mount();
  } catch (error) {
    return error.message;
  } finally {
    await disk.destroy();
  }
}

/** A file system in a file, with at most one writer at a time. */
export function makeDisk(fileSystem, folder) {
  const image = join(folder, "disk");
  const path = join(folder, "mounted");
  const disk = {
    path,
    async format() {
      mkdirSync(path, { recursive: true });
      writeFileSync(image, "");
      truncateSync(image, IMAGE_BYTES);
      const [program, ...args] = PROGRAMS[fileSystem].make;
      await must(program, [...args, image]);
    },
    async mount() {
      await must("mount", ["-t", fileSystem, "-o", "loop", image, path]);
      mounted.add(path);
    },
    async unmount() {
      await must("umount", [path]);
      mounted.delete(path);
    },
    /** From here on the file system takes nothing any more and answers with EIO. */
    async shutDown({ withLog }) {
      const command = withLog ? "shutdown -f" : "shutdown";
      const { code, stderr } = await runCommand("xfs_io", ["-x", "-c", command, path]);
      return code === 0 && stderr === "";
    },
    /** Copies what the disk holds at this moment, so that `restore` can go on from there. */
    async snapshot() {
      await must("cp", ["--reflink=always", image, `${image}.cut`]);
    },
    restore() {
      renameSync(`${image}.cut`, image);
    },
    async destroy() {
      if (mounted.has(path)) await runCommand("umount", ["-l", path]);
      mounted.delete(path);
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
  return disk;
}

/** A file system that can copy a whole image in one moment, to keep disks in; see `snapshot`. */
export async function makeShelf(folder) {
  const shelf = makeDisk("xfs", folder);
  await shelf.format();
  truncateSync(join(folder, "disk"), 4 * IMAGE_BYTES);
  await must("mkfs.xfs", ["-q", "-f", join(folder, "disk")]);
  await shelf.mount();
  return shelf;
}

/** For when the torture is interrupted. */
export async function unmountAll() {
  for (const path of [...mounted].toReversed()) await runCommand("umount", ["-l", path]);
}

async function must(command, args) {
  const { code, stderr } = await runCommand(command, args);
  if (code !== 0)
    throw new Error(`${command} ${args.join(" ")}: ${stderr.trim() || `code ${code}`}`);
}
