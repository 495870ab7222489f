/** `4:31` for the length of a call. */
export function formatLength(length_s: number | undefined): string {
  if (length_s === undefined) return "–";
  const all = Math.round(length_s);
  const [hours, minutes, second] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const end = String(second).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${end}` : `${minutes}:${end}`;
}

export function formatSeconds(value: number | undefined, digits = 2): string {
  return value === undefined ? "–" : `${value.toFixed(digits)} s`;
}

/** The day of `UNDATED_START` of `src/record`, which stands for an unknown date. */
const UNDATED_DAY = "1970-01-01";
const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** The day and the time by the recording's own clock: `22 Nov 2026 06:05`. */
export function formatStart(timestamp: string): string {
  const [day = "", time = ""] = timestamp.split("T");
  if (day === UNDATED_DAY) return "no date";
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime())
    ? timestamp
    : `${DAY.format(date)} ${time.slice(0, 5)}`.trimEnd();
}

/** Names may have characters that turn the direction of text round; they are shown as symbols. */
export function showName(name: string): string {
  return name.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    "\u2426",
  );
}

/** `speech to text` for `speech_to_text`. */
export function nameStage(stage: string): string {
  return stage.replaceAll("_", " ");
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
}
