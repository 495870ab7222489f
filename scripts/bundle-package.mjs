/**
 * Joins the compiled modules of a `dist` folder for the package that users install: loading some files
 * is faster than loading some hundred. `npm pack` runs it, after the compiler. The types stay as they
 * are.
 *
 *     node scripts/bundle-package.mjs dist
 *
 * Each module keeps the `import.meta.url` that it had alone, because it finds workers, sounds and the
 * files of the package by it.
 */
import { mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";

const [folder = "dist"] = process.argv.slice(2);
// The real path, because the bundler names modules by theirs.
const dist = realpathSync(folder);
const COMMAND = "src/cli/main.js";
/** What a package's `exports` and `bin` name, and what threads and processes start with. */
const ENTRIES = [
  "otel/index.js",
  "src/agent/main.js",
  COMMAND,
  "src/config/index.js",
  "src/index.js",
  "src/record/index.js",
  "src/source/call-index/row-worker.js",
  "src/store/index.js",
  "src/store/recover/recovery-worker.js",
];
/** Beside the chunks, because the bundler may make one of it. */
const CHUNKS = "src/chunks";
const ADDRESS = `${CHUNKS}/module-address.js`;

/** Replaces `import.meta.url` by the address that the module had before it was joined. */
const keepAddresses = {
  name: "keep-addresses",
  transform(code, id) {
    if (!code.includes("import.meta.url") || id === path.join(dist, ADDRESS)) return null;
    const own = JSON.stringify(path.relative(dist, id).replaceAll(path.sep, "/"));
    return (
      `import { addressOf as $addressOf } from ${JSON.stringify(path.join(dist, ADDRESS))};\n` +
      code.replaceAll("import.meta.url", `$addressOf(${own})`)
    );
  },
};

mkdirSync(path.join(dist, CHUNKS));
writeFileSync(
  path.join(dist, ADDRESS),
  `/** The address of a module by its path in \`dist\`. */
export const addressOf = (path) => new URL(\`../../\${path}\`, import.meta.url).href;
`,
);

const bundle = await rolldown({
  input: Object.fromEntries(
    [...ENTRIES, ADDRESS].map((entry) => [entry.replace(/\.js$/, ""), path.join(dist, entry)]),
  ),
  platform: "node",
  external: (id) => !id.startsWith(".") && !path.isAbsolute(id),
  plugins: [keepAddresses],
  treeshake: { moduleSideEffects: true },
});
const { output } = await bundle.generate({
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: `${CHUNKS}/[name]-[hash].js`,
  hoistTransitiveImports: false,
});
await bundle.close();

for (const file of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  // The page was joined by its own build.
  if (file.endsWith(".js") && !file.startsWith("page")) rmSync(path.join(dist, file));
}
for (const { fileName, code } of output) {
  const target = path.join(dist, fileName);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, code, { mode: fileName === COMMAND ? 0o755 : 0o644 });
}
