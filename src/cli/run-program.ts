import { CommanderError, InvalidArgumentError } from "commander";
import { QueryError } from "../insight/query/query-error.js";
import { parseCommandLine } from "./program.js";
import type { Terminal } from "./terminal.js";
import { messageOf } from "../platform/message-of.js";

/** The exit code for a command line that cannot be understood, and for unusable settings. */
const USAGE_EXIT_CODE = 2;

/** Runs one command line, and sets the exit code of this process. Never rejects. */
export async function runProgram(terminal: Terminal, args: readonly string[]): Promise<void> {
  try {
    await parseCommandLine(terminal, args);
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander prints its own errors. One that a command throws while it runs is printed here.
      if (error instanceof InvalidArgumentError) terminal.report(`error: ${error.message}`);
      process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    } else {
      terminal.report(messageOf(error));
      // A command that fails may have set its own exit code.
      if (error instanceof QueryError) process.exitCode = USAGE_EXIT_CODE;
      else process.exitCode ||= 1;
    }
  }
}
