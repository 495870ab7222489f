import { Command } from "commander";
import { readPackageVersion } from "../record/index.js";
import { demoCommand } from "./commands/demo-command.js";
import { latencyCommand } from "./commands/latency-command.js";
import { listCommand } from "./commands/list-command.js";
import { recoverCommand } from "./commands/recover-command.js";
import { searchCommand } from "./commands/search-command.js";
import { showCommand } from "./commands/show-command.js";
import type { Terminal } from "./terminal.js";

/** In the order in which the help has them. */
const COMMANDS = [
  demoCommand,
  listCommand,
  showCommand,
  searchCommand,
  latencyCommand,
  recoverCommand,
];

export function createProgram(terminal: Terminal): Command {
  const program = new Command("talktrace")
    .description("Records what a LiveKit voice agent hears and says.")
    .version(readPackageVersion())
    .showHelpAfterError("(talktrace --help tells what there is)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, "")),
      writeErr: terminal.reportBlock,
      // An error quotes the argument that is wrong, which may be a URL with a key.
      outputError: (text, write) => write(terminal.withoutSecrets(text)),
    });
  // Commands that are added whole do not inherit these.
  for (const make of COMMANDS) program.addCommand(make(terminal).copyInheritedSettings(program));
  return program;
}
