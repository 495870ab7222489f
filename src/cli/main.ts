#!/usr/bin/env node
import { runProgram } from "./run-program.js";
import { openTerminal } from "./terminal.js";

const terminal = openTerminal(() => {
  // A running call must be ended in order.
  if (process.listenerCount("SIGINT") > 0) process.kill(process.pid, "SIGINT");
  else process.exit();
});

await runProgram(terminal, process.argv.slice(2));
