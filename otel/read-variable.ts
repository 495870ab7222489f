import { LONGEST_TIMER_MS } from "../src/platform/at-most.js";

/** Called with one line for a value that cannot be used. */
export type OnProblem = (problem: string) => void;

/** Reads a duration in milliseconds. */
export function readMilliseconds(
  env: NodeJS.ProcessEnv,
  name: string,
  onProblem: OnProblem,
): number | undefined {
  const given = value(env, name);
  if (given === undefined) return undefined;
  const milliseconds = Number(given);
  if (milliseconds > 0 && milliseconds <= LONGEST_TIMER_MS) return milliseconds;
  onProblem(
    `Cannot use ${name} "${given}": not a number of milliseconds from 1 to ${LONGEST_TIMER_MS}`,
  );
  return undefined;
}

/** Reads a setting of yes or no. */
export function readSwitch(
  env: NodeJS.ProcessEnv,
  name: string,
  byDefault: boolean,
  onProblem: OnProblem,
): boolean {
  const given = value(env, name);
  if (given === undefined) return byDefault;
  const answer = readYesOrNo(given);
  if (answer !== undefined) return answer;
  onProblem(`Cannot use ${name} "${given}": expected "1" or "0"`);
  return byDefault;
}

const YES: ReadonlySet<string> = new Set(["1", "true", "yes", "y", "on", "enable", "enabled"]);
const NO: ReadonlySet<string> = new Set([
  "0",
  "false",
  "no",
  "n",
  "off",
  "disable",
  "disabled",
  "never",
  "none",
]);

/** Reads a yes or no; undefined if it is neither. */
export function readYesOrNo(given: string): boolean | undefined {
  const word = given.trim().toLowerCase();
  return YES.has(word) ? true : NO.has(word) ? false : undefined;
}

/** An empty variable counts as not set, as the OpenTelemetry specification requires. */
export function value(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const given = env[name]?.trim();
  return given === undefined || given === "" ? undefined : given;
}
