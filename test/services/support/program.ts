import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program in a process group of its own, which ends with the test process, however that ends. */
export interface Program {
  pid: number;
  /** Everything it has printed, both streams. */
  output(): string;
  /** Resolves with the first line that fits, printed already or to come. */
  line(fits: RegExp, patienceMs?: number): Promise<string>;
  /** Sends a signal to the program alone. */
  signal(signal: NodeJS.Signals): void;
  ended: Promise<Ended>;
  /** Ends the whole group: kindly, and after `graceMs` by force. */
  stop(graceMs?: number): Promise<void>;
}

/** Where each program's output is kept, for whoever wants to know why something failed. */
const LOGS = process.env["TALKTRACE_SERVICES_LOGS"];
const WATCHDOG = fileURLToPath(new URL("watchdog.mjs", import.meta.url));
let watchdog: ChildProcess | undefined;

function tellWatchdog(line: string): void {
  if (watchdog === undefined) {
    // Detached, so that Ctrl-C in the terminal does not end it before its work.
    watchdog = spawn(process.execPath, [WATCHDOG], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    });
    watchdog.unref();
    (watchdog.stdin as unknown as { unref(): void }).unref();
  }
  watchdog.stdin?.write(`${line}\n`);
}

interface ProgramOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  patienceMs?: number;
}

/** @throws Error that names the command, when it cannot be run */
async function spawnGroup(command: string, args: readonly string[], options: ProgramOptions) {
  try {
    const child = spawn(command, args, {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    // Some failures are thrown, others come as an event, which this turns into a rejection.
    await once(child, "spawn");
    return child;
  } catch (cause) {
    throw new Error(`Cannot start "${command}": ${(cause as Error).message}`, { cause });
  }
}

export async function startProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Program> {
  const child = await spawnGroup(command, args, options);
  const pid = child.pid as number;
  tellWatchdog(`guard ${pid}`);

  let output = "";
  let ending: Ended | undefined;
  const watchers = new Set<() => void>();
  const notify = () => watchers.forEach((watch) => watch());
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      notify();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      ending = { code, signal };
      resolve(ending);
      notify();
    });
  });

  return {
    pid,
    ended,
    output: () => output,
    line: (fits, patienceMs = options.patienceMs ?? 30_000) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer);
          watchers.delete(watch);
          act();
        };
        const giveUp = (why: string) =>
          settle(() =>
            reject(new Error(`"${command}" ${why} a line like ${String(fits)}:\n${output}`)),
          );
        const watch = () => {
          const lines = output.split("\n");
          // The last one is not whole yet, unless nothing more can come.
          if (ending === undefined) lines.pop();
          const found = lines.find((line) => fits.test(line));
          if (found !== undefined) settle(() => resolve(found));
          else if (ending !== undefined) giveUp("ended before");
        };
        const timer = setTimeout(() => giveUp(`printed in ${patienceMs} ms no`), patienceMs);
        watchers.add(watch);
        watch();
      }),
    signal: (signal) => void child.kill(signal),
    async stop(graceMs = 5000) {
      if (ending === undefined) {
        child.kill("SIGTERM");
        const timer = setTimeout(() => killGroup(pid), graceMs);
        await ended;
        clearTimeout(timer);
      }
      killGroup(pid);
      await groupIsGone(pid);
      tellWatchdog(`leave ${pid}`);
      if (LOGS === undefined) return;
      mkdirSync(LOGS, { recursive: true });
      writeFileSync(path.join(LOGS, `${path.basename(command)}-${pid}.log`), output);
    },
  };
}

function killGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

async function groupIsGone(group: number): Promise<void> {
  while (listGroup(group).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function canListProcesses(): boolean {
  return existsSync("/proc/self/stat");
}

/** The processes of a group that run, without the dead that nobody has waited for. None without /proc. */
export function listGroup(group: number): { pid: number; command: string }[] {
  if (!canListProcesses()) return [];
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // The second field is the name in brackets, which may hold anything.
      const [state, , groupId] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(groupId) !== group || state === "Z") return [];
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return [{ pid: Number(entry), command }];
    } catch {
      return [];
    }
  });
}

/** Waits for the watchdog to be gone as well: nothing is guarded any more. */
export async function dismissWatchdog(): Promise<void> {
  if (watchdog === undefined) return;
  const gone = once(watchdog, "exit");
  watchdog.ref();
  watchdog.stdin?.end();
  await gone;
  watchdog = undefined;
}
