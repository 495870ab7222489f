import { spawnSync } from "node:child_process";

const PACKAGES = [
  { program: "strace", debian: "strace" },
  { program: "mkfs.ext4", debian: "e2fsprogs" },
  { program: "mkfs.xfs", debian: "xfsprogs" },
  { program: "xfs_io", debian: "xfsprogs" },
  { program: "mkfs.btrfs", debian: "btrfs-progs" },
  { program: "python3", debian: "python3" },
];

/** Installs what the tortures need and a machine lacks, where that is possible: as root, with apt. */
export function prepare() {
  const missing = PACKAGES.filter(({ program }) => !isThere(program));
  if (missing.length === 0) return;
  const names = [...new Set(missing.map(({ debian }) => debian))];
  if (process.getuid?.() !== 0 || !isThere("apt-get")) {
    process.stderr.write(`What needs ${names.join(", ")} will be skipped: not installed\n`);
    return;
  }
  process.stderr.write(`Installing ${names.join(", ")} ...\n`);
  const options = { stdio: "ignore", timeout: 120_000 };
  spawnSync("apt-get", ["update"], options);
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const name of names) {
    const args = ["install", "--yes", "--no-install-recommends", name];
    const { status } = spawnSync("apt-get", args, { ...options, env: environment });
    if (status !== 0) process.stderr.write(`Cannot install ${name}: what needs it is skipped\n`);
  }
}

function isThere(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}
