#!/usr/bin/env node
import { CommanderError } from "commander";
import { createProgram } from "./program.js";
import { openTerminal } from "./terminal.js";
import { messageOf } from "../platform/message-of.js";

/** The exit code for a command line that cannot be understood, as for settings that cannot be used. */
const USAGE_EXIT_CODE = 2;

const terminal = openTerminal(() => {
  // A call that goes on has to be ended in order.
  if (process.listenerCount("SIGINT") > 0) process.kill(process.pid, "SIGINT");
  else process.exit();
});

try {
  await createProgram(terminal).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  } else {
    terminal.report(messageOf(error));
    process.exitCode = 1;
  }
}
