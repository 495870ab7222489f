import { nameNearest } from "../src/platform/nearest-name.js";

/** Every variable of TalkTrace's own. */
export const TALKTRACE_VARIABLES: readonly string[] = [
  "TALKTRACE_CONSOLE",
  "TALKTRACE_DIRECTORY",
  "TALKTRACE_FILE_MODE",
  "TALKTRACE_KEEP_DAYS",
  "TALKTRACE_SPAN_NAMES",
  "TALKTRACE_SPOOL",
  "TALKTRACE_SPOOL_DIRECTORY",
  "TALKTRACE_TEXT_LOG",
];

/** The set variables that begin as TalkTrace's own do, and that nothing reads. Pure. */
export function findUnknownVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter(
    (name) => name.startsWith("TALKTRACE_") && !TALKTRACE_VARIABLES.includes(name),
  );
}

/** `nothing reads TALKTRACE_DIR`, with the nearest name that is read. Pure. */
export function describeUnknownVariable(name: string): string {
  return `nothing reads ${name}${nameNearest(name, TALKTRACE_VARIABLES)}`;
}

/** How many unknown variables are named. The others are counted. */
const MOST_NAMED = 4;

const told = new Set<string>();

/** Tells of unknown variables in one line. The same line is told once a process. */
export function reportUnknownVariables(
  env: NodeJS.ProcessEnv,
  report: (line: string) => void,
): void {
  const unknown = findUnknownVariables(env);
  if (unknown.length === 0) return;
  const named = unknown.slice(0, MOST_NAMED).map(describeUnknownVariable);
  const others = unknown.length - named.length;
  if (others > 0) named.push(`nothing reads ${others} more`);
  const line = named.map((fact) => fact.charAt(0).toUpperCase() + fact.slice(1)).join(" ");
  if (told.has(line)) return;
  told.add(line);
  report(line);
}
