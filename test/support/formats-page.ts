import { EXPORT_FORMATS, type ExportFormat, TEXT_NAMES } from "../../src/export/index.js";
import { formatTable } from "./markdown.js";

const MOMENTS: Readonly<Record<NonNullable<ExportFormat["moment"]>, string>> = {
  excerpt: "writes the turn at that moment and one turn on each side",
  until: "writes the messages that had begun by then",
  opens: "writes the whole call and opens at that moment",
};

/** docs/formats.md as the table of formats gives it, in the layout of the formatter. */
export function writeFormatsPage(): string {
  return [
    "# Formats",
    "",
    "`talktrace export` gives calls away in these forms. `npm run cli:page` writes this page from the same table as the command. [imports.md](imports.md) has the forms that `talktrace import` reads.",
    "",
    ...formatTable(
      ["Format", "For", "One file holds", "Words, the default first"],
      EXPORT_FORMATS.map(({ name, audience, holdsMany, texts }) => [
        `[\`${name}\`](#${name})`,
        audience,
        holdsMany ? "many calls" : "one call",
        texts.length === 0 ? "none" : texts.join(", "),
      ]),
    ),
    "",
    "```sh",
    "talktrace export NAME --format md                                # to stdout",
    "talktrace export NAME@1:12.4 --format md -o excerpt.md           # the turns round a moment",
    "talktrace export --since 7d --format csv --rows findings -o findings.csv",
    "talktrace export --query finding:bad --format txt -o texts/      # one file a call",
    "```",
    "",
    "## Which words",
    "",
    "A reply that was cut off has words that nobody heard. `--text` says which words an export has:",
    "",
    ...Object.entries(TEXT_NAMES).map(([kind, name]) => `- \`${kind}\`: ${name}.`),
    "",
    "Each file says which words it has. A form that has no place for it says so in the file's name, e.g. `NAME.generated.jsonl`.",
    "",
    "Words that a review changed or withheld are as they are in the record. Times count from the session's start. No export has sound.",
    "",
    "A call is written piece by piece. For one of 10,000 messages (5.8 MB) a command took 105 to 230 MB of memory.",
    "",
    "A file is written as a whole or not at all, for its owner alone (mode 0600). `--force` replaces a file that is there.",
    ...EXPORT_FORMATS.flatMap(describeFormat),
    "",
  ].join("\n");
}

/** Pictures of formats that people look at. */
const PICTURES: { [format: string]: string } = {
  html: "![The page of a call in a browser](pictures/call-page.png)",
};

function describeFormat({
  name,
  extension,
  mediaType,
  kept,
  lost,
  moment,
}: ExportFormat): string[] {
  return [
    "",
    `## ${name}`,
    "",
    `Ending \`.${extension}\`, media type \`${mediaType}\`.`,
    "",
    `- Kept: ${kept}.`,
    `- Lost: ${lost}.`,
    moment === undefined
      ? "- It has whole calls only, so it takes no moment."
      : `- \`NAME@1:12.4\` ${MOMENTS[moment]}.`,
    ...(PICTURES[name] === undefined ? [] : ["", PICTURES[name]]),
  ];
}
