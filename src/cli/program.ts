import { Command } from "commander";
import { readPackageVersion } from "../record/package-files.js";
import { COMMANDS } from "./commands/index.js";
import { completeWords } from "./completion.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { EXIT_CODES, describeProgram } from "./describe-program.js";
import { createCommand } from "./run-command.js";
import { type Terminal, cleanStrings } from "./terminal.js";

/**
 * The program with all its commands. Those named among `wanted` are loaded, so they can run and tell
 * their options; the others have only what the help of the program tells. Default: all are loaded.
 */
export async function createProgram(
  terminal: Terminal,
  wanted: readonly string[] = COMMANDS.map(({ name }) => name),
): Promise<Command> {
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
  for (const entry of COMMANDS) {
    const complete = wanted.includes(entry.name) ? await entry.load() : undefined;
    const command = createCommand(entry, complete && ((begun) => complete(begun, terminal)));
    // Commands that are added as objects do not inherit these settings.
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

/**
 * Runs a command line. `--help --json` prints the commands as data for other programs.
 *
 * Rejects with a `CommanderError` if the line cannot be understood, and with the command's error.
 */
export async function parseCommandLine(terminal: Terminal, args: readonly string[]): Promise<void> {
  if (args[0] === "complete") return await answerTab(terminal, args.slice(1));
  const told = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const isHelp = told.includes("--help") || told.includes("-h") || told[0] === "help";
  if (!isHelp || !told.includes("--json")) {
    // Whichever of these words is the command, it is loaded.
    const program = await createProgram(terminal, told);
    await program.parseAsync([...args], { from: "user" });
    return;
  }
  const only = told.find((arg) => COMMANDS.some(({ name }) => name === arg));
  const program = await createProgram(terminal, only === undefined ? undefined : [only]);
  terminal.printJson(describeProgram(program, only));
}

/**
 * Answers the scripts of `talktrace completion` at each tab. It fails without output, because nobody
 * would see it.
 */
async function answerTab(terminal: Terminal, args: readonly string[]): Promise<void> {
  const words = args[0] === "--" ? args.slice(1) : args;
  const directory = words[words.indexOf("--directory") + 1];
  const folder =
    words.includes("--directory") && directory !== undefined ? directory : conversationsDirectory();
  const program = await createProgram(terminal, words.slice(0, -1));
  const found = await completeWords(describeProgram(program), words, () => listNames(folder));
  if (found.length > 0) terminal.print(cleanStrings(found).join("\n"));
}

async function listNames(folder: string): Promise<string[]> {
  const { openFolderSource } = await import("../source/index.js");
  const listed = await openFolderSource(folder)
    .list()
    .catch(() => []);
  return listed.map(({ name }) => name);
}

function describeExitCodes(): string {
  const codes = Object.entries(EXIT_CODES).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return ["", "Exit codes:", ...codes, "", "--help --json prints all of this as data."].join("\n");
}
