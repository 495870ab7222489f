const UNITS = ["bytes", "KiB", "MiB", "GiB"] as const;

/** A size as people read it, e.g. `32 MiB`. Never less than it is: what is over a limit shows it. */
export function describeBytes(count: number): string {
  let size = count;
  let unit = 0;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const shown = unit === 0 ? size : Math.ceil(size * 10) / 10;
  return shown === 1 && unit === 0 ? "1 byte" : `${shown} ${UNITS[unit]}`;
}
