import type { Argument, Command, Option } from "commander";

/** The meanings of exit codes for every command that does not define its own. */
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

/** A command in the form for `--help --json` and docs/cli.md. */
export interface CommandDescription {
  name: string;
  description: string;
  usage: string;
  arguments: ArgumentDescription[];
  options: OptionDescription[];
  /** The meaning of each exit code. */
  exit_codes: { [code: string]: string };
  examples: string[];
  /** The schema of its `--json` output, as a part of `talktrace/cli.schema.json`. */
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
  /** Whether the option needs a value. */
  takes_value: boolean;
  choices?: string[];
  default?: string | number | boolean;
}

/** Facts about a command that commander does not keep. */
export interface CommandNotes {
  exitCodes?: Readonly<Record<number, string>>;
  examples?: readonly string[];
}

const notesOf = new WeakMap<Command, CommandNotes>();

/** Keeps the part of a command's help beyond its arguments and options. */
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

/** The program as data, with all its commands or only the one named. Pure. */
export function describeProgram(program: Command, only?: string): ProgramDescription {
  return {
    name: program.name(),
    version: program.version() ?? "",
    description: program.description(),
    commands: program.commands
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
