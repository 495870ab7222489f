import { stat } from "node:fs/promises";
import { join, parse } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportOptions,
  type ExportedCall,
  ROW_KINDS,
  type RowKind,
  TEXT_KINDS,
  TEXT_NAMES,
  type TextKind,
  VCON_BODIES,
  type VconBody,
  fileNameOf,
  findFormat,
  toExportedCall,
} from "../../export/index.js";
import { makeFolderLater } from "../../platform/make-folder.js";
import { messageOf } from "../../platform/message-of.js";
import { isPath } from "../../source/index.js";
import { type ChosenCall, chooseCalls } from "../choose-calls.js";
import { splitMoment } from "../moment-argument.js";
import { type CommandRun, type CommandSource, defineCommand } from "../run-command.js";
import { writeNewFile } from "../write-new-file.js";

interface ExportCommandOptions {
  calls: string[];
  format: string;
  output?: string;
  text?: TextKind;
  query?: string;
  since?: string;
  all?: boolean;
  rows?: RowKind;
  bom: boolean;
  vconBody?: VconBody;
  force?: boolean;
}

/** What was exported. */
export interface ExportAnswer {
  format: string;
  /** The words that it has; missing for a format without words. */
  text?: TextKind;
  /** How many calls were written. */
  calls: number;
  /** Empty if it went to stdout. */
  files: ExportedFile[];
}

export interface ExportedFile {
  path: string;
  bytes: number;
}

export const exportCommand = defineCommand<ExportCommandOptions, ExportAnswer>({
  options: [
    new Option("--format <name>", "the form")
      .choices(EXPORT_FORMATS.map(({ name }) => name))
      .makeOptionMandatory(),
    new Option(
      "-o, --output <path>",
      "a file, a folder for one file a call, or - for stdout (default: -)",
    ),
    new Option(
      "--text <kind>",
      "the agent's words: as heard, as generated, or both (default: heard; for jsonl generated)",
    ).choices(TEXT_KINDS),
    new Option("--query <query>", "all calls that fit, e.g. 'finding:bad since:7d'"),
    new Option("--since <time>", "all calls since then, e.g. 7d, 2h, today"),
    new Option("--all", "all calls"),
    new Option("--rows <what>", "with csv: what a row is (default: messages)").choices(ROW_KINDS),
    new Option("--no-bom", "with csv: no byte order mark, which Excel needs and programs do not"),
    new Option(
      "--vcon-body <kind>",
      "with vcon: bodies of JSON as values, or as strings for readers of older drafts (default: json)",
    ).choices(VCON_BODIES),
    new Option("--force", "replace files that are there"),
  ],
  readsSource: true,
  examples: [
    "talktrace export conversation_20260101_090000@1:12.4 --format md",
    "talktrace export --format csv --rows findings --since 7d -o findings.csv",
    "talktrace export --format srt --query finding:bad -o subtitles/",
  ],
  async answer(source, options, run) {
    const format = needFormat(options, run);
    let leftOut = 0;
    const plan: Plan = {
      format,
      isForced: options.force === true,
      options: {
        text: options.text ?? format.texts[0] ?? "both",
        rows: options.rows ?? "messages",
        bom: options.bom,
        vconBody: options.vconBody ?? "json",
        now: new Date(),
        onLeftOut: (line) => {
          leftOut += 1;
          run.report(line);
          run.setExitCode(1);
        },
      },
    };
    const output = options.output ?? "-";
    const isFolder = output !== "-" && (await isFolderName(output));
    const isOne = options.calls.length <= 1 && !asksForMany(options);
    if (!isFolder && !isOne && !format.holdsMany)
      throw new InvalidArgumentError(
        `A file of ${format.name} holds one call. Give a folder, e.g. --output ${format.name}/`,
      );
    const chosen = chooseCalls(source, options, run);
    const done = isFolder
      ? await writeFolder(output, chosen, plan, source, run)
      : await writeOne(output, chosen, plan, source, run);
    done.calls -= leftOut;
    if (done.calls <= 0) throw new Error("Nothing was written: there is no such call to export");
    return {
      format: format.name,
      ...(format.texts.length > 0 && { text: plan.options.text }),
      ...done,
    };
  },
  toText: ({ files }) => files.map(({ path, bytes }) => `${path}  ${bytes} bytes`).join("\n"),
  toNotes: ({ format, text, files }) =>
    files.length > 0 || text === undefined || findFormat(format)?.saysText === true
      ? []
      : [`Text: ${TEXT_NAMES[text]}`],
});

/** What to write, and how. */
interface Plan {
  format: ExportFormat;
  options: ExportOptions;
  isForced: boolean;
}

type Done = Pick<ExportAnswer, "calls" | "files">;

function asksForMany({ query, since, all }: ExportCommandOptions): boolean {
  return query !== undefined || since !== undefined || all === true;
}

/** @throws {InvalidArgumentError} if options contradict each other, or the format cannot do it */
function needFormat(options: ExportCommandOptions, run: CommandRun): ExportFormat {
  const format = findFormat(options.format);
  if (format === undefined) throw new InvalidArgumentError(`There is no format ${options.format}.`);
  const { name, texts } = format;
  if (options.text !== undefined && !texts.includes(options.text))
    throw new InvalidArgumentError(
      texts.length === 0
        ? `The format ${name} has no words, so it takes no --text.`
        : `The format ${name} takes --text ${texts.join(" or ")}.`,
    );
  if (options.rows !== undefined && name !== "csv")
    throw new InvalidArgumentError(`--rows is for csv; ${name} has no rows.`);
  if (options.vconBody !== undefined && name !== "vcon")
    throw new InvalidArgumentError("--vcon-body is for vcon.");
  // Before a head is written, because a program may take that for an answer.
  const withMoment = options.calls.find((call) => splitMoment(call).at_s !== undefined);
  if (withMoment !== undefined && format.moment === undefined)
    throw new InvalidArgumentError(
      `The format ${name} has whole calls only; leave out the moment of "${withMoment}".`,
    );
  if (options.calls.length > 0 && asksForMany(options))
    throw new InvalidArgumentError("Name calls, or choose them with --query, --since or --all.");
  if (run.isJson && (options.output ?? "-") === "-")
    throw new InvalidArgumentError("--json takes stdout, so the export needs --output.");
  return format;
}

async function isFolderName(path: string): Promise<boolean> {
  if (/[/\\]$/.test(path)) return true;
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** All calls into one file, or to stdout. */
async function writeOne(
  output: string,
  chosen: AsyncIterable<ChosenCall>,
  plan: Plan,
  source: CommandSource,
  run: CommandRun,
): Promise<Done> {
  const iterator = chosen[Symbol.asyncIterator]();
  let next = await iterator.next();
  // A format may write a head, so it is not asked without a call.
  if (next.done === true) return { calls: 0, files: [] };
  let calls = 0;
  async function* read(): AsyncGenerator<ExportedCall> {
    for (; next.done !== true; next = await iterator.next()) {
      yield prepare(next.value, source);
      calls += 1;
    }
  }
  const pieces = plan.format.write(read(), plan.options);
  if (output === "-") {
    for await (const piece of pieces) await run.writeData(piece);
    return { calls, files: [] };
  }
  const bytes = await writeNewFile(output, pieces, plan.isForced);
  return { calls, files: bytes === 0 ? [] : [{ path: output, bytes }] };
}

/** One file a call. One that cannot be written is reported, and the others are written. */
async function writeFolder(
  folder: string,
  chosen: AsyncIterable<ChosenCall>,
  plan: Plan,
  source: CommandSource,
  run: CommandRun,
): Promise<Done> {
  await makeFolderLater(folder);
  const files: ExportedFile[] = [];
  /** The names so far, each with the last number that was tried after it. */
  const taken = new Map<string, number>();
  let calls = 0;
  let refused = 0;
  for await (const chosenCall of chosen) {
    const call = prepare(chosenCall, source);
    const path = join(folder, takeName(call.name, plan, taken));
    async function* one(): AsyncGenerator<ExportedCall> {
      yield await Promise.resolve(call);
    }
    try {
      const pieces = plan.format.write(one(), plan.options);
      const bytes = await writeNewFile(path, pieces, plan.isForced);
      calls += 1;
      if (bytes > 0) files.push({ path, bytes });
    } catch (error) {
      refused += 1;
      run.report(messageOf(error));
      run.setExitCode(1);
    }
  }
  if (files.length === 0 && refused > 0) throw new Error(`Nothing was written to "${folder}"`);
  return { calls, files };
}

function prepare({ name, at_s, conversation }: ChosenCall, source: CommandSource) {
  return toExportedCall(isPath(name) ? parse(name).name : name, conversation, at_s, source.config);
}

/** A name in the folder that no call before had. Some systems do not tell a from A. */
function takeName(call: string, { format, options }: Plan, taken: Map<string, number>): string {
  let name = fileNameOf(call, format, options.text);
  const first = name.toLowerCase();
  let number = taken.get(first) ?? 1;
  while (taken.has(name.toLowerCase())) {
    number += 1;
    name = fileNameOf(call, format, options.text, number);
  }
  taken.set(name.toLowerCase(), 1).set(first, number);
  return name;
}
