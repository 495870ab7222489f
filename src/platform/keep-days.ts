export const DAY_MS = 24 * 3_600_000;

/**
 * How many days recordings are kept, by the value of `TALKTRACE_KEEP_DAYS`. Undefined means until
 * somebody deletes them. An unusable value is reported to `onProblem`, and nothing is removed.
 */
export function readKeepDays(
  setting: string | undefined,
  onProblem: (problem: string) => void,
): number | undefined {
  const given = setting?.trim();
  if (given === undefined || given === "") return undefined;
  const days = Number(given);
  if (/^\d{1,5}$/.test(given) && days > 0) return days;
  onProblem(
    `Cannot use TALKTRACE_KEEP_DAYS "${given}": expected a whole number of days from 1; nothing is removed`,
  );
  return undefined;
}
