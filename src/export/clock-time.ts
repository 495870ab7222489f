/** `01:02:03.456` for 3723.456 seconds, with any number of hours. Pure. */
export function toClockTime(at_s: number, point: "." | ","): string {
  const ms = Math.max(0, Math.round(at_s * 1000));
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const [hours, minutes] = [ms / 3_600_000, (ms / 60_000) % 60];
  return `${two(hours)}:${two(minutes)}:${two((ms / 1000) % 60)}${point}${String(ms % 1000).padStart(3, "0")}`;
}

/** The times of a subtitle in whole milliseconds, of which the end is later. Pure. */
export function toClockTimes(
  { start_s, end_s }: { start_s: number; end_s: number },
  point: "." | ",",
): string {
  const startMs = Math.round(start_s * 1000);
  const endMs = Math.max(Math.round(end_s * 1000), startMs + 1);
  return `${toClockTime(startMs / 1000, point)} --> ${toClockTime(endMs / 1000, point)}`;
}
