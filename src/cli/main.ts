#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { readPackageVersion } from "../record/index.js";
import { createDemoCommand } from "./demo-command.js";
import { createLatencyCommand } from "./latency-command.js";
import { createRecoverCommand } from "./recover-command.js";
import { createShowCommand } from "./show-command.js";

/** The exit code for a command line that cannot be understood, as for settings that cannot be used. */
const USAGE_EXIT_CODE = 2;

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
