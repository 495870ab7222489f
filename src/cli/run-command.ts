import { existsSync } from "node:fs";
import { type Argument, Command, Option } from "commander";
import type { CompiledConfig } from "../config/make-rules.js";
import { openFolderSource, openSource } from "../source/index.js";
import type { CommandRun, Screen } from "./command-run.js";
import { type CommandSource, createCommandSource } from "./command-source.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { noteCommand } from "./describe-program.js";
import { type Terminal, cleanStrings } from "./terminal.js";

export type { CommandRun, Screen } from "./command-run.js";
export type { CommandSource, LocatedConversation } from "./command-source.js";

/** A command: its arguments and options, its answer, and the text of its answer. */
export interface CommandDefinition<Options, Answer> {
  name: string;
  description: string;
  /** The arguments after the name. Each one is in `Options` under its own name. */
  arguments?: readonly Argument[];
  options?: readonly Option[];
  /** Whether it reads conversations. Then it has `--directory` and `--source`. */
  readsSource: boolean;
  answer(source: CommandSource, options: Options, run: CommandRun): Promise<Answer>;
  /** The answer as text for people. Its strings are clean. An empty text is not printed. Pure. */
  toText(answer: Answer, screen: Screen): string;
  /** What `--json` prints. Default: the answer. Pure. */
  toJson?(answer: Answer): unknown;
  /**
   * The lines for `--jsonl`. Default: the items if the answer is an array, else the `--json` output.
   * Pure.
   */
  toJsonLines?(answer: Answer): readonly unknown[];
  /** Whether an option of the command asks for JSON. */
  wantsJson?(options: Options): boolean;
  /** Lines for stderr after the answer: hints, and facts that are no part of the data. Pure. */
  toNotes?(answer: Answer, isJson: boolean): readonly string[];
  /** The meanings of its exit codes that differ from the common ones. */
  exitCodes?: Readonly<Record<number, string>>;
  /** The exit code after an error that ends the command. Default: 1. */
  failureExitCode?: number;
  /** Whole command lines, for the help and docs/cli.md. */
  examples?: readonly string[];
}

/** The config that is read from the folder in which a command runs. */
const CONFIG_FILE = "talktrace.config.json";

/** The options of every command that reads conversations. */
interface SourceOptions {
  directory?: string;
  config?: string;
  source?: string;
}

/** The options of every command. */
interface FormatOptions {
  json?: boolean;
  jsonl?: boolean;
}

type GivenOptions<Options> = Options & SourceOptions & FormatOptions;

/** A command in the form that the program adds. */
export type CommandMaker = (terminal: Terminal) => Command;

export function defineCommand<Options, Answer>(
  definition: CommandDefinition<Options, Answer>,
): CommandMaker {
  return (terminal) => {
    const command = new Command(definition.name).description(definition.description);
    for (const argument of definition.arguments ?? []) command.addArgument(argument);
    if (definition.readsSource) addSourceOptions(command);
    for (const option of definition.options ?? []) command.addOption(option);
    command
      .option("--json", "print JSON")
      .option("--jsonl", "print JSON, one line for each item of the answer");
    noteCommand(command, definition);
    return command.exitOverride().action(async () => {
      const given = {
        ...command.opts<SourceOptions & FormatOptions>(),
        ...Object.fromEntries(
          command.registeredArguments.map((argument, index) => [
            argument.name(),
            command.processedArgs[index] as unknown,
          ]),
        ),
      };
      try {
        await runCommand(definition, given as GivenOptions<Options>, terminal);
      } catch (error) {
        if (definition.failureExitCode !== undefined) process.exitCode = definition.failureExitCode;
        throw error;
      }
    });
  };
}

function addSourceOptions(command: Command): void {
  command
    .option("--directory <path>", "where the conversations are", conversationsDirectory())
    .addOption(
      new Option("--source <address>", "another place to read them from: a folder or a file: URL"),
    )
    .option("--config <path>", `rules of your own (default: ${CONFIG_FILE}, if there is one)`);
}

async function runCommand<Options, Answer>(
  definition: CommandDefinition<Options, Answer>,
  options: GivenOptions<Options>,
  terminal: Terminal,
): Promise<void> {
  let endsProcess = false;
  const isJson =
    options.json === true || options.jsonl === true || definition.wantsJson?.(options) === true;
  const screen: Screen = { columns: terminal.columns };
  const parts: unknown[] = [];
  const run: CommandRun = {
    isJson,
    report: terminal.report,
    setExitCode: (code) => {
      if (code !== 0) process.exitCode = code;
    },
    endProcess: () => {
      endsProcess = true;
    },
    emit: (part, toText) => {
      parts.push(part);
      if (options.jsonl === true) terminal.printJsonLine(part);
      else if (!isJson) terminal.print(toText(cleanStrings(part), screen));
    },
  };
  const source = createCommandSource(
    options.source === undefined
      ? openFolderSource(options.directory ?? conversationsDirectory(), { onProblem: run.report })
      : openSource(options.source, { onProblem: run.report }),
    run,
    definition.readsSource ? await loadConfig(options.config) : undefined,
  );
  const answer = await definition.answer(source, options, run);
  if (parts.length > 0 && isJson) {
    if (options.jsonl !== true) terminal.printJson(parts);
  } else if (isJson) printAnswer(definition, answer, options.jsonl === true, terminal);
  else {
    const text = definition.toText(cleanStrings(answer), screen);
    if (text !== "") terminal.print(text);
  }
  for (const line of definition.toNotes?.(answer, isJson) ?? []) terminal.report(line);
  if (!endsProcess) return;
  await terminal.flush();
  process.exit();
}

/** The libraries for it are loaded only if there is a config. */
async function loadConfig(given: string | undefined): Promise<CompiledConfig | undefined> {
  if (given === undefined && !existsSync(CONFIG_FILE)) return undefined;
  const { readConfig } = await import("../config/read-config.js");
  return readConfig(given ?? CONFIG_FILE);
}

function printAnswer<Options, Answer>(
  { toJson, toJsonLines }: CommandDefinition<Options, Answer>,
  answer: Answer,
  isLines: boolean,
  terminal: Terminal,
): void {
  const value = toJson?.(answer) ?? answer;
  if (!isLines) return terminal.printJson(value);
  const lines = toJsonLines?.(answer) ?? (Array.isArray(value) ? (value as unknown[]) : [value]);
  for (const line of lines) terminal.printJsonLine(line);
}
