/**
 * `1:12.4` for 72.4 seconds. Reading it back is exact to a tenth of a second. Pure. It imports nothing, so
 * the page in a browser has it too.
 */
export function formatMoment(at_s: number): string {
  const tenths = Math.round(Math.max(0, at_s) * 10);
  const [hours, minutes] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60];
  const second = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, "0")}:${second}`
    : `${minutes}:${second}`;
}
