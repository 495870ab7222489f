/**
 * Prints as JSON what a program loads with one import after another. Run in the folder of a project:
 *
 *     node loaded-modules.mjs FOLDER @livekit/agents talktrace
 *
 * For each import: its time, the memory that it added, and the files that it loaded beyond those
 * before. A file of CommonJS is known by Node's cache, one of ES modules by a hook.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

const [folder, ...names] = process.argv.slice(2);
const isTimed = process.env.LIST_MODULES !== "1";
const list = path.join(tmpdir(), `talktrace-modules-${process.pid}`);
writeFileSync(list, "");
if (!isTimed) {
  // Hooks cost time, so a run either lists or is timed.
  const hooks = `
    import { appendFileSync } from "node:fs";
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(list)}, url + "\\n");
      return next(url, context);
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
// A program of the project, since names of packages are looked up from the file that imports them.
const program = path.join(folder, `.import-${process.pid}.mjs`);
writeFileSync(program, "export default (name) => import(name);\n");
try {
  const { default: load } = await import(pathToFileURL(program).href);
  const { cache } = createRequire(import.meta.url);
  const known = new Set();
  const results = [];
  for (const name of names) {
    const memory = process.memoryUsage().rss;
    const startedMs = performance.now();
    await load(name);
    const importMs = performance.now() - startedMs;
    const files = [...readFileSync(list, "utf8").split("\n"), ...Object.keys(cache)]
      .map((file) => file.replace(/^file:\/\//, ""))
      .filter((file) => file.startsWith("/") && file !== program && !known.has(file));
    for (const file of files) known.add(file);
    const rssMb = (process.memoryUsage().rss - memory) / 1e6;
    results.push({ name, importMs, rssMb, files: isTimed ? undefined : [...new Set(files)] });
  }
  console.log(JSON.stringify(results));
} finally {
  rmSync(program);
  rmSync(list);
}
process.exit(0);
