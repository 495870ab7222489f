import { type Argument, Command, Option } from "commander";
import type { CommandRun, Screen } from "./command-run.js";
import type { CommandSource } from "./command-source.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { noteCommand } from "./describe-program.js";
import type { Terminal } from "./terminal.js";

export type { CommandRun, Screen } from "./command-run.js";
export type { CommandSource, LocatedConversation } from "./command-source.js";

/** What the help of the program tells of a command, and its module. */
export interface CommandEntry {
  name: string;
  description: string;
  /** The arguments after the name. Each one is in the command's `Options` under its own name. */
  arguments?: readonly Argument[];
  load(): Promise<CommandCompleter>;
}

/** Adds to a command its options, the rest of its help, and what it does. */
export type CommandCompleter = (command: Command, terminal: Terminal) => void;

/** A command: its options, its answer, and the text of its answer. */
export interface CommandDefinition<Options, Answer> {
  options?: readonly Option[];
  /** Whether it reads conversations. Then it has `--directory` and `--source`. */
  readsSource: boolean;
  /** Whether its answer tells of wrong settings. Then no line on stderr does. */
  tellsOfSettings?: boolean;
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

export type GivenOptions<Options> = Options & SourceOptions & FormatOptions;

/** The config that is read from the folder in which a command runs. */
export const CONFIG_FILE = "talktrace.config.json";

/**
 * A command for the program. Without its completer it has what the help of the program tells of it,
 * which is its name, its description and its arguments, and that it has options.
 */
export function createCommand(
  { name, description, arguments: given = [] }: CommandEntry,
  complete: ((command: Command) => void) | undefined,
): Command {
  const command = new Command(name).description(description);
  for (const argument of given) command.addArgument(argument);
  complete?.(command);
  return command
    .option("--json", "print JSON")
    .option("--jsonl", "print JSON, one line for each item of the answer");
}

export function defineCommand<Options, Answer>(
  definition: CommandDefinition<Options, Answer>,
): CommandCompleter {
  return (command, terminal) => {
    if (definition.readsSource) addSourceOptions(command);
    for (const option of definition.options ?? []) command.addOption(option);
    noteCommand(command, definition);
    command.exitOverride().action(async () => {
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
        const { runCommand } = await import("./answer-command.js");
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
