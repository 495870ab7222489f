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
  /** The folder with what is in it. */
  content: string;
  /** The files in it. */
  files: string[];
  remove(): void;
}

/**
 * Packs this checkout as `npm publish` would. It does not build, because the npm script did, and leaves
 * `dist` as it is, because tests run side by side: the modules are joined in a copy.
 */
export function packPackage(): PackedPackage {
  const folder = mkdtempSync(path.join(os.tmpdir(), "talktrace-package-"));
  const plain = pack(repository, folder);
  execFileSync("tar", ["-xzf", path.join(folder, plain.filename), "-C", folder]);
  const copy = path.join(folder, "package");
  const script = path.join(repository, "scripts/bundle-package.mjs");
  execFileSync(process.execPath, [script, path.join(copy, "dist")]);
  const { filename, files } = pack(copy, folder);
  return {
    folder,
    content: copy,
    tarball: path.join(folder, filename),
    files: files.map((file) => file.path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface Pack {
  filename: string;
  files: { path: string }[];
}

function pack(from: string, to: string): Pack {
  const output = npm(from, "pack", "--ignore-scripts", "--json", "--pack-destination", to);
  return (JSON.parse(output) as [Pack])[0];
}

export function npm(cwd: string, ...parameters: string[]): string {
  return execFileSync("npm", parameters, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
