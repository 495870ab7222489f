import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** The rooms whose functions get texts of callers, models, files and operators. */
const ROOMS = [
  "src/livekit/text",
  "src/livekit/redaction",
  "src/record",
  "src/insight",
  "src/export",
  "src/cli/text",
  "src/platform",
];

const repository = path.resolve(import.meta.dirname, "../..");

/** Every function that a module of these rooms exports, e.g. `src/record/one-line.ts#toOneLine`. */
export async function listExportedFunctions(): Promise<string[]> {
  const found: string[] = [];
  for (const room of ROOMS) {
    const files = readdirSync(path.join(repository, room), { recursive: true, encoding: "utf8" });
    for (const file of files.filter((name) => name.endsWith(".ts") && !name.endsWith("index.ts"))) {
      const url = pathToFileURL(path.join(repository, room, file)).href;
      const module = (await import(url)) as { [name: string]: unknown };
      for (const [name, value] of Object.entries(module)) {
        const isClass = typeof value === "function" && /^class\b/.test(String(value));
        if (typeof value === "function" && !isClass)
          found.push(`${path.posix.join(room, file.replaceAll("\\", "/"))}#${name}`);
      }
    }
  }
  return found.toSorted();
}
