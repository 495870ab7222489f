import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

export const repository = path.resolve(import.meta.dirname, "../../..");

export const manifest = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8")) as {
  version: string;
  devDependencies: Record<string, string>;
  exports: Record<string, unknown>;
};

export interface PackedPackage {
  /** A folder that holds the tarball and is removed by `remove()`. */
  folder: string;
  tarball: string;
  /** The files in it. */
  files: string[];
  remove(): void;
}

/** Packs this checkout as `npm publish` would. It does not build: the npm script did. */
export function packPackage(): PackedPackage {
  const folder = mkdtempSync(path.join(os.tmpdir(), "talktrace-package-"));
  const output = npm(
    repository,
    "pack",
    "--ignore-scripts",
    "--json",
    "--pack-destination",
    folder,
  );
  const [{ filename, files }] = JSON.parse(output) as [
    { filename: string; files: { path: string }[] },
  ];
  return {
    folder,
    tarball: path.join(folder, filename),
    files: files.map((file) => file.path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function npm(cwd: string, ...parameters: string[]): string {
  return execFileSync("npm", parameters, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
