import { type Argument, Command, Option } from "commander";
import type { CallSummary } from "../insight/index.js";
import {
  type ConversationSource,
  type NamedConversation,
  openFolderSource,
  openSource,
  readNamed,
} from "../source/index.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { type Terminal, cleanStrings } from "./terminal.js";
import { messageOf } from "../platform/message-of.js";

/** A source, with what commands do about conversations that cannot be read. */
export interface CommandSource extends ConversationSource {
  /** One that was named, by its file's path or by its name in the source. Rejects if it cannot be read. */
  readNamed(given: string): Promise<NamedConversation>;
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

/** What a command may do beside its answer. */
export interface CommandRun {
  isJson: boolean;
  /** Writes one line to stderr. */
  report(line: string): void;
  /** The process ends with this code once the answer is written. 0 leaves what was set before. */
  setExitCode(code: number): void;
  /** The process ends once the answer is written, though something in it still runs. */
  endProcess(): void;
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
  /** Lines for stderr after the answer: hints, and what is not part of the data. Pure. */
  toNotes?(answer: Answer, isJson: boolean): readonly string[];
}

/** The options that every command that reads conversations has. */
interface SourceOptions {
  directory?: string;
  source?: string;
}

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
    command.option("--json", "print JSON");
    return command.exitOverride().action(async () => {
      const given = {
        ...command.opts<SourceOptions & { json?: boolean }>(),
        ...Object.fromEntries(
          command.registeredArguments.map((argument, index) => [
            argument.name(),
            command.processedArgs[index] as unknown,
          ]),
        ),
      };
      await runCommand(definition, given as Options & SourceOptions & { json?: boolean }, terminal);
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
  options: Options & SourceOptions & { json?: boolean },
  terminal: Terminal,
): Promise<void> {
  let endsProcess = false;
  const isJson = options.json === true;
  const run: CommandRun = {
    isJson,
    report: terminal.report,
    setExitCode: (code) => {
      if (code !== 0) process.exitCode = code;
    },
    endProcess: () => {
      endsProcess = true;
    },
  };
  const source = createCommandSource(
    options.source === undefined
      ? openFolderSource(options.directory ?? conversationsDirectory())
      : openSource(options.source),
    run,
  );
  const answer = await definition.answer(source, options, run);
  if (isJson) terminal.printJson(definition.toJson?.(answer) ?? answer);
  else {
    const text = definition.toText(cleanStrings(answer), { columns: terminal.columns });
    if (text !== "") terminal.print(text);
  }
  for (const line of definition.toNotes?.(answer, isJson) ?? []) terminal.report(line);
  if (!endsProcess) return;
  await terminal.flush();
  process.exit();
}

function createCommandSource(source: ConversationSource, run: CommandRun): CommandSource {
  return {
    ...source,
    readNamed: (given) => readNamed(source, given),
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
      for await (const { call, error } of source.readCalls()) {
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
