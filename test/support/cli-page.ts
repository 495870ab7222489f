import { createProgram } from "../../src/cli/program.js";
import {
  type CommandDescription,
  EXIT_CODES,
  type OptionDescription,
  describeProgram,
} from "../../src/cli/describe-program.js";
import { keepOutput } from "./keep-output.js";
import { formatTable } from "./markdown.js";

/** docs/cli.md as the commands themselves give it, in the layout of the formatter. */
export async function writeCliPage(): Promise<string> {
  const { commands } = describeProgram(await createProgram(keepOutput()));
  return [
    "# Commands",
    "",
    "The commands read the folder that agents write to, with no server. `npm run cli:page` writes this page from the same source as `--help`.",
    "",
    ...formatTable(
      ["Command", "What it does"],
      commands.map(({ name, description }) => [
        `[\`${name}\`](#${name})`,
        firstSentence(description),
      ]),
    ),
    "",
    "## What all commands have",
    "",
    "- `--json` prints the answer as JSON, and `--jsonl` one line for each item of it. [cli.schema.json](cli.schema.json) has the shapes.",
    "- Text goes to stdout. What could not be read, hints and progress go to stderr.",
    "- `NO_COLOR=1` takes the colours away; there are none in a file or a pipe.",
    "- `talktrace --help --json` describes all commands as data.",
    '- `eval "$(talktrace completion bash)"` completes commands, options and the names of calls.',
    "",
    ...formatTable(
      ["Exit code", "What it says"],
      Object.entries(EXIT_CODES).map(([code, meaning]) => [code, meaning]),
    ),
    "",
    "A command with other codes has them below.",
    ...commands.flatMap(writeCommand),
    "",
  ].join("\n");
}

/** The commands of which `scripts/draw-terminal.mjs` draws a picture. */
const PICTURED = ["list", "show", "stats", "compare", "tail"];

function writeCommand(command: CommandDescription): string[] {
  const ownCodes = Object.entries(command.exit_codes).filter(
    ([code, meaning]) => EXIT_CODES[Number(code)] !== meaning,
  );
  return [
    "",
    `## ${command.name}`,
    "",
    command.description,
    "",
    ...(PICTURED.includes(command.name)
      ? [`![talktrace ${command.name}](pictures/terminal-${command.name}.svg)`, ""]
      : []),
    "```sh",
    command.usage,
    ...command.examples,
    "```",
    ...part(
      ["Argument", "What it is"],
      command.arguments.map(({ name, description, choices }) => [
        `\`${name}\``,
        description + (choices === undefined ? "" : `: ${choices.join(", ")}`),
      ]),
    ),
    ...part(
      ["Option", "What it does"],
      command.options
        .filter(({ flags }) => flags !== "--json" && flags !== "--jsonl")
        .map((option) => [`\`${option.flags}\``, describeOption(option)]),
    ),
    ...part(["Exit code", "What it says"], ownCodes),
  ];
}

function describeOption({ description, choices, default: value }: OptionDescription): string {
  return [
    description,
    ...(choices === undefined ? [] : [`; one of ${choices.join(", ")}`]),
    ...(value === undefined ? [] : [` (default: \`${value}\`)`]),
  ].join("");
}

/** Up to the first full stop, or to a colon after a word. `tag:` in the middle ends nothing. */
function firstSentence(text: string): string {
  const end = /^.*?(?:\.(?=\s|$)|(?<!\b(?:tag|verdict)):(?=\s))/s.exec(text)?.[0] ?? text;
  return end.replace(/:$/, ".");
}

function part(head: string[], rows: string[][]): string[] {
  return rows.length === 0 ? [] : ["", ...formatTable(head, rows)];
}
