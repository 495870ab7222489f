import { spawn } from "node:child_process";
import { join } from "node:path";

const running = new Set();

/** Ends what is still running, for when the torture itself is interrupted. */
export function killChildren() {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * Starts one of the programs beside this file. It gets `options`, and its descriptor 3 as a
 * pipe on which it acknowledges; `onLine` gets the lines of that pipe.
 */
export function startChild(fileName, options, { onLine = () => undefined, env = {} } = {}) {
  const path = join(import.meta.dirname, fileName);
  const child = spawn(process.execPath, [path, JSON.stringify(options)], {
    stdio: ["pipe", "ignore", "pipe", "pipe"],
    env: { ...process.env, UV_USE_IO_URING: "0", ...env },
  });
  running.add(child);
  const errors = [];
  child.stderr.on("data", (data) => errors.length < 100 && errors.push(String(data)));
  child.stdin.on("error", () => undefined);
  let rest = "";
  child.stdio[3].on("data", (data) => {
    const lines = (rest + String(data)).split("\n");
    rest = lines.pop();
    for (const line of lines) onLine(line);
  });
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, errors: errors.join("") });
    });
  });
  return { child, ended, pid: child.pid, go: () => child.stdin.write("go\n"), errors };
}

/** Runs a program to its end. Resolves with its code, its signal and what it wrote to stderr. */
export async function runCommand(
  command,
  args,
  { input = "", timeoutMs = 120_000, onErrors = () => undefined, env = process.env } = {},
) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], timeout: timeoutMs, env });
  running.add(child);
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => (output.stdout += String(data)));
  child.stderr.on("data", (data) => {
    // The last lines are enough to say what went wrong.
    output.stderr = (output.stderr + String(data)).slice(-20_000);
    onErrors(String(data));
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on("error", (error) => {
      running.delete(child);
      resolve({ code: -1, signal: null, ...output, stderr: error.message });
    });
    child.on("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...output });
    });
  });
}
