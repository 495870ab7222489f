/**
 * What lies at a path of properties, private ones of LiveKit too; undefined where the path ends
 * before.
 */
export function valueAt(from: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (Reflect.get(value, key) as unknown)
        : undefined,
    from,
  );
}
