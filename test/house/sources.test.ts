import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { listSources } from "../support/architecture.js";

const repository = path.resolve(import.meta.dirname, "../..");
const MAX_LINES = 400;

const sources = listSources(repository);
const tests = readdirSync(path.join(repository, "test"), { recursive: true, encoding: "utf8" })
  .map((name) => path.join("test", name))
  .filter((name) => name.endsWith(".ts"));

function read(file: string): string {
  return readFileSync(path.join(repository, file), "utf8");
}

test(`no source file has more than ${MAX_LINES} lines`, () => {
  const long = sources.filter((file) => read(file).split("\n").length - 1 > MAX_LINES);
  expect(sources).not.toEqual([]);
  expect(long).toEqual([]);
});

test("files and folders are named in kebab-case, for what they hold", () => {
  const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.case|\.config)?(\.tsx?)?$/;
  const VAGUE = /^(utils?|helpers?|common|misc|shared)(\.ts)?$/;
  const odd = [...sources, ...tests].filter((file) =>
    file.split(path.sep).some((part) => !KEBAB.test(part) || VAGUE.test(part)),
  );
  expect(odd).toEqual([]);
});

test("nothing is silenced by a comment, and nothing is left for later", () => {
  // The last letters are in brackets, so that this file does not find itself.
  const SILENCED =
    /(?:es|ox)lint-disabl[e]|@ts-(?:ignor[e]|nochec[k])|\b(?:TOD[O]|FIXM[E]|XX[X])\b/;
  expect([...sources, ...tests].filter((file) => SILENCED.test(read(file)))).toEqual([]);
});

test("the page makes every text a text node, because what people say may be markup", () => {
  const MARKUP = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment/;
  const pages = sources.filter((file) => file.startsWith("src/viewer/pages/"));
  expect(pages.length).toBeGreaterThan(15);
  expect(pages.filter((file) => MARKUP.test(read(file)))).toEqual([]);
});
