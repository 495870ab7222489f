import { runProgram } from "../../src/cli/run-program.js";
import { type Terminal, cleanText, formatJson } from "../../src/cli/terminal.js";
import { toOneLine } from "../../src/record/index.js";

/** What a command left: its exit code, and what it wrote, without colours. */
export interface CliRun {
  code: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command line in this process. A process of its own takes half a second of CPU, so only
 * tests of the process itself start one (see demo-process.ts).
 */
export async function runCli(...args: string[]): Promise<CliRun> {
  let stdout = "";
  let stderr = "";
  const terminal: Terminal = {
    columns: undefined,
    print: (text) => (stdout += `${cleanText(text)}\n`),
    printJson: (value) => (stdout += `${formatJson(value)}\n`),
    printJsonLine: (value) => (stdout += `${formatJson(value, 0)}\n`),
    printData: (piece) => {
      stdout += typeof piece === "string" ? piece : Buffer.from(piece).toString("utf8");
      return Promise.resolve();
    },
    // Which arguments are URLs is known of a process's own arguments alone.
    withoutSecrets: (text) => text,
    report: (line) => (stderr += `${toOneLine(line)}\n`),
    // Nobody sits at this terminal.
    confirm: () => Promise.resolve(undefined),
    reportBlock: (text) => (stderr += cleanText(text)),
    flush: () => Promise.resolve(),
  };
  const exitCodeBefore = process.exitCode;
  process.exitCode = undefined;
  try {
    await runProgram(terminal, args);
    return { code: readExitCode(), stdout: plain(stdout), stderr: plain(stderr) };
  } finally {
    process.exitCode = exitCodeBefore;
  }
}

/** In a function, because TypeScript believes that it is what was set above. */
function readExitCode(): number {
  return Number(process.exitCode ?? 0);
}

function plain(text: string): string {
  return text.replaceAll(/\u001b\[[0-9;]*m/g, "");
}
