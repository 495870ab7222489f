import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findAnchors, findLinks } from "../support/markdown.js";
import { type PackedPackage, manifest, packPackage, repository } from "./support/pack-package.js";

let packed: PackedPackage;
beforeAll(() => {
  packed = packPackage();
});
afterAll(() => packed.remove());

test("the tarball holds the licence, the schema, the types and what runs", () => {
  const expected = [
    "LICENSE",
    "README.md",
    "package.json",
    "docs/conversation.schema.json",
    "docs/cli.schema.json",
    "docs/config.schema.json",
    "docs/tags.schema.json",
    "AGENTS.md",
    "dist/src/config/index.js",
    "dist/src/index.js",
    "dist/src/index.d.ts",
    "dist/src/cli/main.js",
    "dist/otel/index.js",
    "dist/src/record/index.js",
    "dist/src/store/index.js",
    "dist/page/index.html",
  ];
  expect(expected.filter((file) => !packed.files.includes(file))).toEqual([]);
});

test("the tarball holds no tests, no recordings and no settings of this checkout", () => {
  const expected =
    /^(dist\/(src|otel)\/.*\.(js|d\.ts)$|dist\/page\/(index\.html|assets\/[\w-]+\.(js|css))$|docs\/([a-z-]+(\.md|\.schema\.json)$|adr\/)|src\/(agent|demo\/audio)\/|otel\/jaeger\/|conversations\/sample-parcel-desk\.json$|(LICENSE|[A-Z]+\.md|package\.json|\.env\.example)$)/;
  expect(packed.files.filter((file) => !expected.test(file))).toEqual([]);
  expect(
    packed.files.filter((file) => /\.env$|\.test\.|fixtures|conversation_\d/.test(file)),
  ).toEqual([]);
});

test("the tarball has the types of every source, and its code in fewer files", () => {
  const sources = ["src", "otel"].flatMap((folder) =>
    readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => path.join(folder, file))
      // Vite makes files of another name of these.
      .filter((file) => !file.startsWith("src/viewer/pages/")),
  );
  const unbuilt = sources.filter(
    (file) => !packed.files.includes(`dist/${file.replace(/\.ts$/, ".d.ts")}`),
  );
  expect(sources).not.toEqual([]);
  expect(unbuilt).toEqual([]);
  const scripts = packed.files.filter((file) => file.endsWith(".js"));
  expect(scripts.length).toBeLessThan(sources.length / 3);
});

test("the tarball holds nothing twice and no map of a source that is not in it", () => {
  const files = packed.files.filter((file) => !/\.(js|d\.ts)$/.test(file));
  const hashes = files.map((file) =>
    createHash("sha256")
      .update(readFileSync(path.join(packed.content, file)))
      .digest("hex"),
  );
  expect(new Set(hashes).size).toBe(files.length);
  const scripts = packed.files.filter((file) => /\.(js|d\.ts)$/.test(file));
  const mapped = scripts.filter((file) =>
    readFileSync(path.join(packed.content, file), "utf8").includes("sourceMappingURL"),
  );
  expect(mapped).toEqual([]);
});

test("every link of every page in the tarball leads to a file in it, and to a heading; pictures may be missing", () => {
  const read = (file: string): string => readFileSync(path.join(packed.content, file), "utf8");
  const pages = packed.files.filter((file) => file.endsWith(".md"));
  const broken = pages.flatMap((page) =>
    findLinks(read(page))
      .filter((link) => !/^[a-z]+:/i.test(link))
      .filter((link) => {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? page : path.posix.join(path.posix.dirname(page), file);
        if (target.startsWith("docs/pictures/")) return false;
        const isThere = packed.files.some(
          (each) => each === target || each.startsWith(`${target.replace(/\/$/, "")}/`),
        );
        return !isThere || (anchor !== undefined && !findAnchors(read(target)).includes(anchor));
      })
      .map((link) => `${page}: ${link}`),
  );
  expect(pages.length).toBeGreaterThan(25);
  expect(broken).toEqual([]);
});

test("publint finds no fault with the tarball", async () => {
  const bytes = readFileSync(packed.tarball);
  const { messages } = await publint({
    pack: { tarball: new Uint8Array(bytes).buffer },
    strict: true,
  });
  expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
});

test("the types of the tarball are right for ES modules and bundlers", async () => {
  const analysis = await checkPackage(
    createPackageFromTarballData(new Uint8Array(readFileSync(packed.tarball))),
  );
  if (analysis.types === false) throw new Error("The package has no types");
  const problems = analysis.problems.filter(
    (problem) =>
      !("resolutionKind" in problem) ||
      (problem.resolutionKind !== "node10" && problem.resolutionKind !== "node16-cjs"),
  );
  expect(problems).toEqual([]);
  expect(Object.keys(analysis.entrypoints).toSorted()).toEqual(
    Object.keys(manifest.exports).toSorted(),
  );
});
