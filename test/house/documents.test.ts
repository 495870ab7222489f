import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { findAnchors, findFileNames, findLinks } from "../support/markdown.js";

const repository = path.resolve(import.meta.dirname, "../..");
const FOLDERS = ["docs", "conversations", "src", "otel", "bench", "test"];

const pages = [
  ...readdirSync(repository),
  ...FOLDERS.filter((folder) => existsSync(path.join(repository, folder))).flatMap((folder) =>
    readdirSync(path.join(repository, folder), { recursive: true, encoding: "utf8" }).map((name) =>
      path.join(folder, name),
    ),
  ),
].filter((name) => name.endsWith(".md"));

function read(page: string): string {
  return readFileSync(path.join(repository, page), "utf8");
}

test("the pages that a newcomer looks for are there", () => {
  expect(pages).toEqual(
    expect.arrayContaining([
      "README.md",
      "ARCHITECTURE.md",
      "CONTRIBUTING.md",
      "SECURITY.md",
      path.join("docs", "format-changelog.md"),
      path.join("conversations", "README.md"),
    ]),
  );
});

test.each(pages)("every relative link in %s leads to a file, and to a heading in it", (page) => {
  const broken = findLinks(read(page))
    .filter((link) => !/^[a-z]+:/i.test(link))
    .filter((link) => {
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? page : path.join(path.dirname(page), decodeURI(file));
      if (!existsSync(path.join(repository, target))) return true;
      return anchor !== undefined && !findAnchors(read(target)).includes(anchor);
    });
  expect(broken).toEqual([]);
});

test.each(pages)("every path of a source that %s names in code is there", (page) => {
  // A path with a placeholder, such as `<name>` or `N`, names no file.
  const named = [...read(page).matchAll(/`((?:src|otel|test|bench|scripts|docs)\/[\w./-]+)`/g)]
    .flatMap(([, name]) => name ?? [])
    .filter((name) => !/-N\./.test(name));
  expect(named.filter((name) => !existsSync(path.join(repository, name)))).toEqual([]);
});

const roomPages = pages.filter(
  (page) => /^(?:src|otel)\b/.test(page) && path.basename(page) === "README.md",
);

test.each(roomPages)("every file that %s names is in its room, or beside that room", (page) => {
  const room = path.dirname(page);
  const missing = findFileNames(read(page)).filter((name) =>
    [room, path.dirname(room), "."].every(
      (folder) =>
        !existsSync(path.join(repository, folder, name)) &&
        !existsSync(path.join(repository, folder, `${name}.ts`)),
    ),
  );
  expect(missing).toEqual([]);
});

test("`npm run` and `npx` commands in the pages name scripts that exist", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/npm run (?:--?[\w-]+ )*([\w:-]+)/g)].map(([, script = ""]) => script),
  );
  expect(named).toContain("check");
  expect(named.filter((script) => scripts[script] === undefined)).toEqual([]);
});

test("decisions are numbered from 1 without a gap, each with its number in its title", () => {
  const names = readdirSync(path.join(repository, "docs/adr")).toSorted();
  expect(names.map((name) => name.slice(0, 5))).toEqual(
    names.map((_name, index) => `${String(index + 1).padStart(4, "0")}-`),
  );
  for (const [index, name] of names.entries()) {
    expect(read(path.join("docs/adr", name)), name).toMatch(new RegExp(`^# ${index + 1}\\. `));
  }
});

describe("the checker of links", () => {
  test("finds links and pictures, and none in code", () => {
    const text = '[a](a.md) ![b](b.png "B") `[c](c.md)`\n```\n[d](d.md)\n```\n[e](<e.md#f>)';
    expect(findLinks(text)).toEqual(["a.md", "b.png", "e.md#f"]);
  });

  test("finds names of files in code, and not the words and public entries in it", () => {
    const text =
      "`a.ts`, `b-c`, `../d/e-f.ts`, `g/h` or `src/i`, not `word`, `talktrace/otel`, `J-k`";
    expect(findFileNames(text)).toEqual(["a.ts", "b-c", "../d/e-f.ts", "g/h", "src/i"]);
  });

  test("makes anchors of headings", () => {
    const text = "# How `it` works, really\n```\n# code\n```\n## The [link](x.md): 2 words\n";
    expect(findAnchors(text)).toEqual(["how-it-works-really", "the-link-2-words"]);
  });
});
