import { basename } from "node:path";
import { type Argument, Command, Option } from "commander";
import { type CallSummary, RULES } from "../insight/index.js";
import {
  type CallOutcome,
  type ConversationSource,
  type NamedConversation,
  type ReadCallsOptions,
  isPath,
  openFolderSource,
  openSource,
  readNamed,
} from "../source/index.js";
import type { Sidecar } from "../record/index.js";
import { readSidecar } from "../store/index.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { noteCommand } from "./describe-program.js";
import { type Terminal, cleanStrings } from "./terminal.js";
import { messageOf } from "../platform/message-of.js";

/** A source, with what commands do about conversations that cannot be read. */
export interface CommandSource extends ConversationSource {
  /** The names of all rules that find something. */
  readonly rules: readonly string[];
  /** One that was named, by its file's path or by its name in the source. Rejects if it cannot be read. */
  readNamed(given: string): Promise<NamedConversation>;
  /** What people say of one that was named. What cannot be read is told on stderr and left out. */
  readSidecarOf(given: string): Promise<Sidecar | undefined>;
  /**
   * The same with its file's path and its name there. Rejects as well where the source has no files,
   * which is where tags and notes are kept.
   */
  locate(given: string | undefined): Promise<LocatedConversation>;
  /**
   * Every conversation, newest first, one at a time: there may be more than fit into memory. One
   * that cannot be read is told on stderr and left out, and the exit code is 1 in the end.
   */
  readAll(): AsyncGenerator<NamedConversation>;
  /**
   * What is known of every call, newest first. One that cannot be read is told on stderr and left
   * out, and the exit code is 1 in the end. Rejects where there is no such folder.
   */
  readSummaries(): AsyncGenerator<CallSummary>;
}

/** A conversation with where it is kept. */
export interface LocatedConversation extends NamedConversation {
  path: string;
}

/** What a command may do beside its answer. */
export interface CommandRun {
  isJson: boolean;
  /** Writes one line to stderr. */
  report(line: string): void;
  /** The process ends with this code once the answer is written. 0 leaves what was set before. */
  setExitCode(code: number): void;
  /** The process ends once the answer is written, though something in it still runs. */
  endProcess(): void;
  /**
   * Writes a part of the answer at once: its text, or with `--jsonl` a line of JSON. With `--json`
   * all parts are printed as one array in the end, instead of the answer.
   */
  emit(part: unknown, toText: (screen: Screen) => string): void;
}

/** What text is made for. */
export interface Screen {
  /** How wide the terminal is; undefined for a file or a pipe. */
  columns: number | undefined;
}

/** A command: how it is called, what it answers, and how the answer reads. */
export interface CommandDefinition<Options, Answer> {
  name: string;
  description: string;
  /** What stands behind the name; each is in `Options` under its own name. */
  arguments?: readonly Argument[];
  options?: readonly Option[];
  /** Whether it reads conversations; then it has `--directory` and `--source`. */
  readsSource: boolean;
  answer(source: CommandSource, options: Options, run: CommandRun): Promise<Answer>;
  /** The answer for people; its strings are clean. An empty text is not printed. Pure. */
  toText(answer: Answer, screen: Screen): string;
  /** What `--json` prints. Default: the answer. Pure. */
  toJson?(answer: Answer): unknown;
  /** What `--jsonl` prints, a line each. Default: the items of an array, or else what `--json` prints. Pure. */
  toJsonLines?(answer: Answer): readonly unknown[];
  /** Whether an option of its own asks for JSON. */
  wantsJson?(options: Options): boolean;
  /** Lines for stderr after the answer: hints, and what is not part of the data. Pure. */
  toNotes?(answer: Answer, isJson: boolean): readonly string[];
  /** What its exit codes say, where that differs from the common ones. */
  exitCodes?: Readonly<Record<number, string>>;
  /** The exit code after an error that ends the command. Default: 1. */
  failureExitCode?: number;
  /** Whole command lines, which the help and docs/cli.md have. */
  examples?: readonly string[];
}

/** The options that every command that reads conversations has. */
interface SourceOptions {
  directory?: string;
  source?: string;
}

/** The options that every command has. */
interface FormatOptions {
  json?: boolean;
  jsonl?: boolean;
}

type GivenOptions<Options> = Options & SourceOptions & FormatOptions;

/** A command as the program takes it. */
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
    );
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
      else if (!isJson) terminal.print(toText(screen));
    },
  };
  const source = createCommandSource(
    options.source === undefined
      ? openFolderSource(options.directory ?? conversationsDirectory())
      : openSource(options.source),
    run,
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

async function locate(
  source: ConversationSource,
  given: string | undefined,
): Promise<LocatedConversation> {
  const named = given ?? (await source.list())[0]?.name;
  if (named === undefined) throw new Error(`There is no call in "${source.name}"`);
  const { conversation } = await readNamed(source, named);
  const path = isPath(named) ? named : source.pathOf?.(named);
  if (path === undefined)
    throw new Error(`"${source.name}" keeps no files; name the call by its file`);
  return { name: basename(path, ".json"), path, conversation };
}

/** Tags and verdicts change when calls do not, so no index has them. */
async function* readCallsWithSidecars(
  source: ConversationSource,
  run: CommandRun,
  options?: ReadCallsOptions,
): AsyncGenerator<CallOutcome> {
  const sidecars = await source.readSidecars?.();
  for (const sidecar of sidecars?.values() ?? []) {
    if (!(sidecar instanceof Error)) continue;
    run.report(`${sidecar.message}; what it says is left out`);
    run.setExitCode(1);
  }
  for await (const outcome of source.readCalls(options)) {
    const sidecar = sidecars?.get(outcome.name);
    if (outcome.call !== undefined && sidecar !== undefined && !(sidecar instanceof Error))
      outcome.call.sidecar = sidecar;
    yield outcome;
  }
}

function createCommandSource(source: ConversationSource, run: CommandRun): CommandSource {
  return {
    ...source,
    rules: RULES,
    readCalls: (options) => readCallsWithSidecars(source, run, options),
    readNamed: (given) => readNamed(source, given),
    readSidecarOf: async (given) => {
      const path = isPath(given) ? given : source.pathOf?.(given);
      if (path === undefined) return undefined;
      return await readSidecar(path).catch((error: unknown) => {
        run.report(`${messageOf(error)}; what it says is left out`);
        run.setExitCode(1);
        return undefined;
      });
    },
    locate: (given) => locate(source, given),
    async *readAll() {
      for (const { name } of await source.list()) {
        let conversation;
        try {
          conversation = await source.read(name);
        } catch (error) {
          run.report(`${messageOf(error)}; left out`);
          run.setExitCode(1);
          continue;
        }
        yield { name, conversation };
      }
    },
    async *readSummaries() {
      for await (const { call, error } of readCallsWithSidecars(source, run)) {
        if (call !== undefined) {
          yield call;
          continue;
        }
        run.report(`${messageOf(error)}; left out`);
        run.setExitCode(1);
      }
    },
  };
}
