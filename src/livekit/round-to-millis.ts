/** Seconds with three decimals: providers send floats like 1.2000000000000002. */
export function roundToMillis(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
