import type { Argument, Command, Option } from "commander";

/** What every command's exit codes say, where it does not say otherwise. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: "the answer is whole",
  1: "it could not be done, or something had to be left out; stderr says what",
  2: "the command line or the query cannot be understood",
};

/** What `talktrace --help --json` prints. */
export interface ProgramDescription {
  name: string;
  version: string;
  description: string;
  commands: CommandDescription[];
}

/** A command as `--help --json` and docs/cli.md have it. */
export interface CommandDescription {
  name: string;
  description: string;
  usage: string;
  arguments: ArgumentDescription[];
  options: OptionDescription[];
  /** What each exit code says. */
  exit_codes: { [code: string]: string };
  examples: string[];
  /** What `--json` prints, as a part of `talktrace/cli.schema.json`. */
  json_schema: string;
}

export interface ArgumentDescription {
  name: string;
  description: string;
  required: boolean;
  variadic: boolean;
  choices?: string[];
}

export interface OptionDescription {
  flags: string;
  description: string;
  /** Whether a value has to follow it. */
  takes_value: boolean;
  choices?: string[];
  default?: string | number | boolean;
}

/** What commander does not keep of a command. */
export interface CommandNotes {
  exitCodes?: Readonly<Record<number, string>>;
  examples?: readonly string[];
}

const notesOf = new WeakMap<Command, CommandNotes>();

/** Keeps what the help says of a command beyond its arguments and options. */
export function noteCommand(command: Command, notes: CommandNotes): void {
  notesOf.set(command, notes);
  const codes = Object.entries(notes.exitCodes ?? {});
  const lines = [
    ...(codes.length === 0
      ? []
      : ["", "Exit codes:", ...codes.map(([code, meaning]) => `  ${code}  ${meaning}`)]),
    ...((notes.examples ?? []).length === 0
      ? []
      : ["", "Examples:", ...(notes.examples ?? []).map((line) => `  ${line}`)]),
  ];
  if (lines.length > 0) command.addHelpText("after", lines.join("\n"));
}

/** The program and its commands, or those that are named, as data. Pure. */
export function describeProgram(program: Command, only?: string): ProgramDescription {
  return {
    name: program.name(),
    version: program.version() ?? "",
    description: program.description(),
    commands: program.commands
      .filter((command) => notesOf.has(command))
      .filter((command) => only === undefined || command.name() === only)
      .map(describeCommand),
  };
}

function describeCommand(command: Command): CommandDescription {
  const { exitCodes = {}, examples = [] } = notesOf.get(command) ?? {};
  return {
    name: command.name(),
    description: command.description(),
    usage: `talktrace ${command.name()} ${command.usage()}`.trimEnd(),
    arguments: command.registeredArguments.map(describeArgument),
    options: command.options.filter(({ hidden }) => !hidden).map(describeOption),
    exit_codes: { ...EXIT_CODES, ...exitCodes },
    examples: [...examples],
    json_schema: `talktrace/cli.schema.json#/properties/${command.name()}`,
  };
}

function describeArgument(argument: Argument): ArgumentDescription {
  return {
    name: argument.name(),
    description: argument.description,
    required: argument.required,
    variadic: argument.variadic,
    ...(argument.argChoices !== undefined && { choices: [...argument.argChoices] }),
  };
}

function describeOption(option: Option): OptionDescription {
  const value: unknown = option.defaultValue;
  return {
    flags: option.flags,
    description: option.description,
    takes_value: option.required || option.optional,
    ...(option.argChoices !== undefined && { choices: [...option.argChoices] }),
    ...((typeof value === "string" || typeof value === "number") && { default: value }),
  };
}
