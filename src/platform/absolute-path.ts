import { relative, resolve } from "node:path";

/**
 * An absolute path. If the working directory was removed, a relative path stays as it is: nothing can
 * be opened by it then, and the system's error says so.
 */
export function toAbsolute(path: string): string {
  try {
    return resolve(path);
  } catch {
    return path;
  }
}

/** A path as a user would type it, if it is below the working directory. */
export function fromHere(path: string): string {
  try {
    const below = relative(process.cwd(), path);
    return below === "" || below.startsWith("..") ? path : below;
  } catch {
    return path;
  }
}
