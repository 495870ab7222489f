import { checkCommand } from "./check-command.js";
import { compareCommand } from "./compare-command.js";
import { demoCommand } from "./demo-command.js";
import { latencyCommand } from "./latency-command.js";
import { listCommand } from "./list-command.js";
import { noteCommand } from "./note-command.js";
import { recoverCommand } from "./recover-command.js";
import { searchCommand } from "./search-command.js";
import { showCommand } from "./show-command.js";
import { statsCommand } from "./stats-command.js";
import { tagCommand } from "./tag-command.js";
import { verdictCommand } from "./verdict-command.js";
import { completionCommand } from "./completion-command.js";
import { doctorCommand } from "./doctor-command.js";
import { openCommand } from "./open-command.js";
import { summaryCommand } from "./summary-command.js";
import { tailCommand } from "./tail-command.js";
import { verifyCommand } from "./verify-command.js";
import type { CommandMaker } from "../run-command.js";

/** Every command, in the order of the help. */
export const COMMANDS: readonly CommandMaker[] = [
  demoCommand,
  listCommand,
  showCommand,
  searchCommand,
  statsCommand,
  compareCommand,
  tailCommand,
  summaryCommand,
  latencyCommand,
  checkCommand,
  tagCommand,
  noteCommand,
  verdictCommand,
  openCommand,
  verifyCommand,
  doctorCommand,
  recoverCommand,
  completionCommand,
];
