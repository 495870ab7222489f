import { getJobContext, log } from "@livekit/agents";
import type { LineFields, PrintLine } from "../../otel/index.js";
import { writeToStderr } from "../record/index.js";

/**
 * Where lines about calls go.
 *
 * - `auto`: through LiveKit's logger in a worker whose output is no terminal, else as plain lines.
 * - `log`: through LiveKit's logger if there is one.
 * - `plain`: as plain lines.
 */
export type ConsoleFormat = "auto" | "log" | "plain";

interface AgentLog {
  info(fields: object, line: string): void;
  warn(fields: object, line: string): void;
}

let hasSeenJob = false;

/**
 * Whether this process runs jobs of a worker. Code on a timer may be outside the job's own asynchronous
 * context, so one job seen before is enough.
 */
function isInWorker(): boolean {
  hasSeenJob ||= getJobContext(false) !== undefined;
  return hasSeenJob;
}

/** LiveKit's own logger; undefined if it has none. */
function findLog(): AgentLog | undefined {
  try {
    return log();
  } catch {
    return undefined;
  }
}

/** Prints the lines of calls. It never throws. */
export function createLinePrinter(format: ConsoleFormat): PrintLine {
  return (line, fields, openCalls) => {
    const agentLog = mayUseLog(format, process.stdout) ? findLog() : undefined;
    if (agentLog !== undefined) agentLog.info(fields, line);
    // `console.log` survives an output that cannot be written. The stream itself would end the agent.
    else console.log("%s", openCalls > 1 ? `(${nameCall(fields)}) ${line}` : line);
  };
}

/**
 * Reports a problem of TalkTrace: as a warning of LiveKit's logger in a worker whose output is no
 * terminal, else as a line on stderr.
 */
export function reportToAgent(line: string): void {
  const agentLog = mayUseLog("auto", process.stderr) ? findLog() : undefined;
  if (agentLog === undefined) writeToStderr(line);
  else agentLog.warn({}, `talktrace: ${line}`);
}

function mayUseLog(format: ConsoleFormat, { isTTY }: { isTTY?: boolean }): boolean {
  if (format === "auto") return isTTY !== true && isInWorker();
  return format === "log";
}

/** The short name of a call in a log of several calls. */
function nameCall({ room, session }: LineFields): string {
  return room ?? session.slice(0, 8);
}
