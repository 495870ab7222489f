import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { CallExpression } from "@oxc-project/types";
import { Visitor } from "rolldown/utils";
import { parseModule, readString } from "./syntax-tree.js";
import type { Row } from "../compat/support/row.js";
import { formatTable } from "./markdown.js";

const repository = path.resolve(import.meta.dirname, "../..");
const folder = path.join(repository, "test/compat");

/** The first word of a row's id, and the heading of its table, in the order of the page. */
const SECTIONS = new Map([
  ["speech", "Speech services"],
  ["realtime", "Realtime models"],
  ["override", "What agents override"],
  ["speak", "Ways to speak"],
  ["turns", "Ways to take turns"],
  ["shape", "Shapes of agents"],
  ["line", "Who was on the line"],
  ["own", "What you add yourself"],
]);

const BEGIN = "<!-- The rows of test/compat, written by `npm run compatibility`. -->";
const END = "<!-- The end of the rows. -->";

/** The rows that the tests of test/compat hold, in the order of the files. */
export function readRows(): Row[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".test.ts"))
    .toSorted()
    .flatMap((name) => findRows(readFileSync(path.join(folder, name), "utf8"), name));
}

/**
 * The calls `row({ id, agent, record }, test)` of a file.
 *
 * @throws Error where a row's texts are not plain strings, because nobody could read them here
 */
function findRows(source: string, fileName: string): Row[] {
  const tree = parseModule(source, fileName);
  const rows: Row[] = [];
  new Visitor({
    CallExpression: (call) => {
      if (call.callee.type !== "Identifier" || call.callee.name !== "row") return;
      rows.push(readRow(call, `${fileName}:${tree.lineAt(call.start)}`));
    },
  }).visit(tree.program);
  return rows;
}

function readRow(call: CallExpression, where: string): Row {
  const texts = new Map<string, string>();
  const [given] = call.arguments;
  for (const property of given?.type === "ObjectExpression" ? given.properties : []) {
    if (property.type !== "Property" || property.key.type !== "Identifier") continue;
    const value = readString(property.value);
    if (value !== undefined) texts.set(property.key.name, value);
  }
  const text = (key: string): string => {
    const found = texts.get(key);
    if (found !== undefined) return found;
    throw new Error(`${where}: a row needs its ${key}, as a plain string`);
  };
  return { id: text("id"), agent: text("agent"), record: text("record") };
}

/** The page with the tables of `rows` in the place of those that it has. */
export function renderPage(page: string, rows: readonly Row[]): string {
  const [before, rest] = page.split(`${BEGIN}\n`);
  const [, after] = (rest ?? "").split(`${END}\n`);
  if (before === undefined || after === undefined) {
    throw new Error(`docs/compatibility.md needs the lines "${BEGIN}" and "${END}"`);
  }
  return `${before}${BEGIN}\n\n${renderSections(rows)}\n${END}\n${after}`;
}

function renderSections(rows: readonly Row[]): string {
  const unplaced = rows.filter(({ id }) => !SECTIONS.has(sectionOf(id)));
  if (unplaced.length > 0) {
    throw new Error(`No section of the page is for ${unplaced.map(({ id }) => id).join(", ")}`);
  }
  return [...SECTIONS]
    .map(([section, heading]) => {
      const own = rows.filter(({ id }) => sectionOf(id) === section);
      return `## ${heading}\n\n${renderTable(own)}\n`;
    })
    .join("\n");
}

function sectionOf(id: string): string {
  return id.split("/")[0] ?? "";
}

function renderTable(rows: readonly Row[]): string {
  const cells = rows.map(({ id, agent, record }) => [`\`${id}\``, agent, record]);
  return formatTable(["Row", "An agent that ...", "The record has ..."], cells).join("\n");
}
