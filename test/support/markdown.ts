const FENCE = /^(```|~~~).*?^\1/gms;
const LINK = /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g;
const HEADING = /^#{1,6}\s+(.+?)\s*#*$/gm;

/** The targets of the links and pictures of a Markdown text, code left out. */
export function findLinks(markdown: string): string[] {
  const prose = markdown.replace(FENCE, "").replace(/`[^`\n]*`/g, "code");
  return [...prose.matchAll(LINK)].map(([, target = ""]) => target);
}

const NAME_OF_FILE = /`((?:\.\.\/)*[a-z][a-z\d-]*(?:\/[a-z\d-]+)*(?:\.ts)?)`/g;

/**
 * The sources and folders that a Markdown text names in code, with or without `.ts`. A single word
 * without `.ts` may mean anything, so it counts as no file. Public entries (`talktrace/otel`) are none.
 */
export function findFileNames(markdown: string): string[] {
  return [...markdown.matchAll(NAME_OF_FILE)]
    .map(([, name = ""]) => name)
    .filter((name) => /[-/]|\.ts$/.test(name) && !name.startsWith("talktrace/"));
}

/** The anchors that a Markdown text's headings give, as forges make them. */
export function findAnchors(markdown: string): string[] {
  return [...markdown.replace(FENCE, "").matchAll(HEADING)].map(([, heading = ""]) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-"),
  );
}

const COMMENT = /<!--.*?-->/gs;
/** A line that is no prose: of a table, a heading or a rule. */
const NO_PROSE = /^\s*(?:\||#{1,6}\s|-{3,}\s*$)/;
/** What begins a block of its own: an item of a list, or a quotation. */
const BLOCK_START = /^\s*(?:[-*+]|\d+\.|>)\s+/;
/** An abbreviation whose full stop ends no sentence. */
const ABBREVIATION = /\b(?:e\.g|i\.e|etc|vs)\./g;
const SENTENCE_END = /(?<=[.!?]["')\]_*]*)\s+/;

/** The sentences of a Markdown text's prose: no headings, no tables, no blocks of code. */
export function findSentences(markdown: string): string[] {
  const blocks: string[][] = [[]];
  for (const line of markdown.replace(COMMENT, "").replace(FENCE, "\n\n").split("\n")) {
    if (line.trim() === "" || NO_PROSE.test(line)) blocks.push([]);
    else if (BLOCK_START.test(line)) blocks.push([line.replace(BLOCK_START, "")]);
    else blocks.at(-1)?.push(line);
  }
  return blocks
    .map((lines) => toProse(lines.join(" ")))
    .flatMap((block) => block.split(SENTENCE_END))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}

/** A list of names in code, e.g. of keys, which is read at a glance. */
const CODE_LIST = /`[^`]*`(?:(?:, and|, or|,| and| or) `[^`]*`)+/g;

/** A link is its text, a piece or a list of code is one word, a picture is nothing. */
function toProse(block: string): string {
  return block
    .replace(CODE_LIST, "code")
    .replace(/`[^`]*`/g, "code")
    .replace(/!\[[^\]]*\]\([^)]*\)/g, "")
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(ABBREVIATION, (abbreviation) => abbreviation.replaceAll(".", ""));
}

/** How many words a sentence has: what holds no letter and no digit is none. */
export function countWords(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

/** The lines of a table with columns as wide as their widest cell, as the formatter has them. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length), 3));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  const [first, ...others] = cells;
  return [line(first!), rule, ...others.map(line)];
}
