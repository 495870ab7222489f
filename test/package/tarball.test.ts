import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { readFileSync } from "node:fs";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type PackedPackage, manifest, packPackage } from "./support/pack-package.js";

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
  ];
  expect(expected.filter((file) => !packed.files.includes(file))).toEqual([]);
});

test("the tarball holds no tests, no recordings and no settings of this checkout", () => {
  const expected =
    /^(dist\/(src|otel)\/|src\/|otel\/|docs\/[a-z]+\.schema\.json$|(LICENSE|AGENTS\.md|README\.md|package\.json)$)/;
  expect(packed.files.filter((file) => !expected.test(file))).toEqual([]);
  expect(
    packed.files.filter((file) => /\.env|\.test\.|fixtures|conversation_\d/.test(file)),
  ).toEqual([]);
});

test("the tarball has the compiled file of every source, so that stack traces lead somewhere", () => {
  const sources = packed.files.filter((file) => /^(src|otel)\/.*\.ts$/.test(file));
  const unbuilt = sources.filter(
    (file) => !packed.files.includes(`dist/${file.replace(/\.ts$/, ".js")}`),
  );
  expect(sources).not.toEqual([]);
  expect(unbuilt).toEqual([]);
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
