import { existsSync } from "node:fs";
import type { CompiledConfig } from "../config/make-rules.js";
import { reportUnknownVariables } from "../../otel/own-variables.js";
import { openFolderSource, openSource } from "../source/index.js";
import type { CommandRun, Screen } from "./command-run.js";
import { createCommandSource } from "./command-source.js";
import { conversationsDirectory } from "./conversations-directory.js";
import { openProgress } from "./progress.js";
import { CONFIG_FILE, type CommandDefinition, type GivenOptions } from "./run-command.js";
import { type Terminal, cleanStrings } from "./terminal.js";

/**
 * Runs a command and prints its answer.
 *
 * Rejects with the command's error.
 */
export async function runCommand<Options, Answer>(
  definition: CommandDefinition<Options, Answer>,
  options: GivenOptions<Options>,
  terminal: Terminal,
): Promise<void> {
  let endsProcess = false;
  const isJson =
    options.json === true || options.jsonl === true || definition.wantsJson?.(options) === true;
  const screen: Screen = { columns: terminal.columns };
  const parts: unknown[] = [];
  const progress = openProgress();
  const run: CommandRun = {
    isJson,
    report: terminal.report,
    writeData: terminal.printData,
    confirm: terminal.confirm,
    setExitCode: (code) => {
      if (code !== 0) process.exitCode = code;
    },
    endProcess: () => {
      endsProcess = true;
    },
    showProgress: progress.show,
    emit: (part, toText) => {
      parts.push(part);
      if (options.jsonl === true) terminal.printJsonLine(part);
      else if (!isJson) terminal.print(toText(cleanStrings(part), screen));
    },
  };
  if (definition.tellsOfSettings !== true) reportUnknownVariables(process.env, run.report);
  const source = createCommandSource(
    options.source === undefined
      ? openFolderSource(options.directory ?? conversationsDirectory(), { onProblem: run.report })
      : openSource(options.source, { onProblem: run.report }),
    run,
    definition.readsSource ? await loadConfig(options.config) : undefined,
  );
  let answer: Answer;
  try {
    answer = await definition.answer(source, options, run);
  } finally {
    progress.end();
  }
  if (parts.length > 0 && isJson) {
    if (options.jsonl !== true) terminal.printJson(parts);
  } else if (isJson) printAnswer(definition, answer, options.jsonl === true, terminal);
  else {
    const text = definition.toText(cleanStrings(answer), screen);
    if (text !== "") terminal.print(text);
  }
  for (const line of definition.toNotes?.(answer, isJson) ?? []) terminal.report(line);
  if (!endsProcess) return;
  await terminal.flush();
  process.exit();
}

/** The libraries for it are loaded only if there is a config. */
async function loadConfig(given: string | undefined): Promise<CompiledConfig | undefined> {
  if (given === undefined && !existsSync(CONFIG_FILE)) return undefined;
  const { readConfig } = await import("../config/read-config.js");
  return readConfig(given ?? CONFIG_FILE);
}

function printAnswer<Options, Answer>(
  { toJson, toJsonLines }: CommandDefinition<Options, Answer>,
  answer: Answer,
  isLines: boolean,
  terminal: Terminal,
): void {
  const value = toJson?.(answer) ?? answer;
  if (!isLines) return terminal.printJson(value);
  const lines = toJsonLines?.(answer) ?? (Array.isArray(value) ? (value as unknown[]) : [value]);
  for (const line of lines) terminal.printJsonLine(line);
}
