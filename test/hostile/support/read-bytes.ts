import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Every file below a folder that holds one of the texts, and which. Spool and journals included. */
export function findInFiles(folder: string, texts: readonly string[]): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name);
      const bytes = readIfThere(path);
      return texts.filter((text) => bytes.includes(text)).map((text) => `${path}: ${text}`);
    });
}

/** A temporary file may be gone, because it was given its name, by the time it is read. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return Buffer.alloc(0);
    }
    throw error;
  }
}
