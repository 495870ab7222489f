import { Command } from "commander";
import { readPackageVersion } from "../record/index.js";
import { COMMANDS } from "./commands/index.js";
import { openFolderSource } from "../source/index.js";
import { completeWords } from "./completion.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { EXIT_CODES, describeProgram } from "./describe-program.js";
import { type Terminal, cleanStrings } from "./terminal.js";

export function createProgram(terminal: Terminal): Command {
  const program = new Command("talktrace")
    .description("Records what a LiveKit voice agent hears and says.")
    .version(readPackageVersion())
    .showHelpAfterError("(talktrace --help tells what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, "")),
      writeErr: terminal.reportBlock,
      // An error quotes the wrong argument, which may be a URL with a key.
      outputError: (text, write) => write(terminal.withoutSecrets(text)),
    })
    .addHelpText("after", describeExitCodes());
  // Commands that are added as objects do not inherit these settings.
  for (const make of COMMANDS) program.addCommand(make(terminal).copyInheritedSettings(program));
  return program;
}

/**
 * Runs a command line. `--help --json` prints the commands as data for other programs.
 *
 * Rejects with a `CommanderError` if the line cannot be understood, and with the command's error.
 */
export async function parseCommandLine(terminal: Terminal, args: readonly string[]): Promise<void> {
  const program = createProgram(terminal);
  if (args[0] === "complete") return await answerTab(terminal, program, args.slice(1));
  const told = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const isHelp = told.includes("--help") || told.includes("-h") || told[0] === "help";
  if (!isHelp || !told.includes("--json")) {
    await program.parseAsync([...args], { from: "user" });
    return;
  }
  const names = new Set(program.commands.map((command) => command.name()));
  terminal.printJson(
    describeProgram(
      program,
      told.find((arg) => names.has(arg)),
    ),
  );
}

/**
 * Answers the scripts of `talktrace completion` at each tab. It fails without output, because nobody
 * would see it.
 */
async function answerTab(
  terminal: Terminal,
  program: Command,
  args: readonly string[],
): Promise<void> {
  const words = args[0] === "--" ? args.slice(1) : args;
  const directory = words[words.indexOf("--directory") + 1];
  const folder =
    words.includes("--directory") && directory !== undefined ? directory : conversationsDirectory();
  const names = await openFolderSource(folder)
    .list()
    .catch(() => []);
  const found = completeWords(describeProgram(program), words, () => names.map(({ name }) => name));
  if (found.length > 0) terminal.print(cleanStrings(found).join("\n"));
}

function describeExitCodes(): string {
  const codes = Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return ["", "Exit codes:", ...codes, "", "--help --json prints all of this as data."].join("\n");
}
