import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Reads a file of the package, by its path from the package's root. Works from the sources, from `dist`
 * and from an installed package.
 *
 * @throws {Error} if the file is not found, e.g. because a bundler has separated the code from it
 */
export function readPackageFile(path: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; ; folder = dirname(folder)) {
    const candidate = join(folder, path);
    if (existsSync(join(folder, "package.json")) && existsSync(candidate))
      return readFileSync(candidate, "utf8");
    if (dirname(folder) === folder) {
      throw new Error(
        `Cannot find "${path}" above "${here}": install TalkTrace again, and do not bundle it`,
      );
    }
  }
}

/** TalkTrace's own version; `unknown` if a bundler has removed its package.json. */
export function readPackageVersion(): string {
  try {
    return (JSON.parse(readPackageFile("package.json")) as { version: string }).version;
  } catch {
    return "unknown";
  }
}
