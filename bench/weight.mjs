/**
 * Measures what TalkTrace weighs in a project with LiveKit. Run after `npm run build`:
 *
 *     node bench/weight.mjs [rounds]
 *
 * It installs LiveKit with its plugins in a new project, then the packed tarball, and prints
 * - the packages and the megabytes that the second installation added;
 * - the time and the memory that `import "talktrace"` adds to `import "@livekit/agents"`, the median
 *   of so many processes;
 * - the packages whose files are loaded by it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const rounds = Number(process.argv[2] ?? 7);
const repository = path.resolve(import.meta.dirname, "..");
const project = mkdtempSync(path.join(tmpdir(), "talktrace-weight-"));
const { devDependencies } = JSON.parse(readFileSync(path.join(repository, "package.json"), "utf8"));
const LIVEKIT = [
  "@livekit/agents",
  "@livekit/agents-plugin-cartesia",
  "@livekit/agents-plugin-deepgram",
  "@livekit/agents-plugin-openai",
  "@livekit/rtc-node",
].map((name) => `${name}@${devDependencies[name]}`);

function npm(cwd, ...args) {
  const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent"];
  return execFileSync("npm", [...args, ...quiet], { cwd, encoding: "utf8" });
}

function countPackages() {
  const lock = readFileSync(path.join(project, "node_modules/.package-lock.json"), "utf8");
  return Object.keys(JSON.parse(lock).packages).length;
}

async function measureMegabytes() {
  const entries = await readdir(project, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const bytes = files.map((file) => statSync(path.join(file.parentPath, file.name)).size);
  return bytes.reduce((sum, size) => sum + size, 0) / 1e6;
}

function runImports(env = {}) {
  const program = path.join(repository, "test/package/support/loaded-modules.mjs");
  const output = execFileSync(
    process.execPath,
    [program, project, "@livekit/agents", "talktrace"],
    { cwd: project, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 1e8 },
  );
  return JSON.parse(output);
}

function packageOf(file) {
  const [name, inner] = file.slice(file.lastIndexOf("node_modules/") + 13).split("/");
  return name.startsWith("@") ? `${name}/${inner}` : name;
}

function median(values) {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

try {
  writeFileSync(path.join(project, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(project, "install", ...LIVEKIT);
  const before = { packages: countPackages(), megabytes: await measureMegabytes() };
  // With the scripts of this package, which join its modules before and compile them again after.
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", project], {
    cwd: repository,
    encoding: "utf8",
  })
    .trim()
    .split("\n")
    .at(-1);
  npm(project, "install", path.join(project, packed));
  rmSync(path.join(project, packed));
  const after = { packages: countPackages(), megabytes: await measureMegabytes() };

  const runs = Array.from({ length: rounds }, () => runImports());
  const figure = (index, key) => median(runs.map((run) => run[index][key]));
  const [, { files }] = runImports({ LIST_MODULES: "1" });
  const loaded = new Map();
  for (const file of files) loaded.set(packageOf(file), (loaded.get(packageOf(file)) ?? 0) + 1);

  const row = (name, alone, added, unit) =>
    console.log(`${name.padEnd(22)} ${alone.toFixed(0).padStart(6)} + ${added.toFixed(1)} ${unit}`);
  row("installed packages", before.packages, after.packages - before.packages, "packages");
  row("installed size", before.megabytes, after.megabytes - before.megabytes, "MB");
  row("import, median", figure(0, "importMs"), figure(1, "importMs"), "ms");
  row("memory, median", figure(0, "rssMb"), figure(1, "rssMb"), "MB");
  console.log(
    `node sdk installed     ${existsSync(path.join(project, "node_modules/@opentelemetry/sdk-node"))}`,
  );
  console.log('\nfiles that import "talktrace" loads beyond LiveKit\'s, by package');
  for (const [name, count] of loaded) console.log(`${String(count).padStart(6)}  ${name}`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
