#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { readPackageVersion } from "../record/index.js";
import { createDemoCommand } from "./commands/demo-command.js";
import { createLatencyCommand } from "./commands/latency-command.js";
import { createRecoverCommand } from "./commands/recover-command.js";
import { createShowCommand } from "./commands/show-command.js";

/** The exit code for a command line that cannot be understood, as for settings that cannot be used. */
const USAGE_EXIT_CODE = 2;

let isOutputLost = false;
// Without this an output that fails ends Node with a stack trace: a pager that was closed has seen
// enough, and a full disk behind a redirection has to be known.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (isOutputLost) return;
  isOutputLost = true;
  if (error.code !== "EPIPE") {
    process.stderr.write(`Cannot write the output: ${error.message}\n`);
    process.exitCode = 1;
  }
  // A call that goes on has to be ended in order.
  if (process.listenerCount("SIGINT") > 0) process.kill(process.pid, "SIGINT");
  else process.exit();
});

const program = new Command("talktrace")
  .description("Records what a LiveKit voice agent hears and says.")
  .version(readPackageVersion())
  .showHelpAfterError("(talktrace --help tells what there is)")
  .exitOverride()
  .addCommand(createDemoCommand())
  .addCommand(createShowCommand())
  .addCommand(createLatencyCommand())
  .addCommand(createRecoverCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  } else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
