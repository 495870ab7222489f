const HEIGHTS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/**
 * Values as a row of bars. The highest value has the highest bar. If there are more values than places,
 * each place shows the highest of its values. Pure.
 */
export function drawSparkline(values: readonly number[], places = 12): string {
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  if (highest <= 0) return "";
  const count = Math.min(places, values.length);
  return Array.from({ length: count }, (_, place) => {
    const from = Math.floor((place * values.length) / count);
    const to = Math.max(from + 1, Math.floor(((place + 1) * values.length) / count));
    const value = values.slice(from, to).reduce((most, each) => Math.max(most, each), 0);
    return HEIGHTS[Math.min(HEIGHTS.length - 1, Math.floor((value / highest) * HEIGHTS.length))];
  }).join("");
}

/** A bar drawn in eighths of a place. Pure. */
export function drawBar(share: number, places: number): string {
  const eighths = Math.round(share * places * 8);
  const rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8] ?? "";
  const bar = "█".repeat(Math.floor(eighths / 8)) + rest;
  return bar === "" && share > 0 ? "▏" : bar;
}
