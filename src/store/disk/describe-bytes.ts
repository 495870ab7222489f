const UNITS = ["bytes", "KiB", "MiB", "GiB"] as const;

/** A size for people, e.g. `32 MiB`. It is rounded up, so that a size above a limit looks above it. */
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
