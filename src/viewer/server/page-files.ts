import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** A file of the built page. */
export interface PageFile {
  bytes: Uint8Array<ArrayBuffer>;
  mediaType: string;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * The files of the built page by their paths, `/index.html` and `/assets/...`. They are read once, so no
 * request names a file of the disk. Empty if the page was not built.
 */
export function readPageFiles(): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  const folder = findPageFolder();
  if (folder === undefined) return files;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const mediaType = MEDIA_TYPES[extname(name)];
    if (mediaType === undefined) continue;
    files.set(`/${name.replaceAll("\\", "/")}`, {
      bytes: new Uint8Array(readFileSync(join(folder, name))),
      mediaType,
    });
  }
  return files;
}

/** `dist/page`, from the sources and from the package. */
function findPageFolder(): string | undefined {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, "dist/page");
    if (existsSync(join(candidate, "index.html"))) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}
