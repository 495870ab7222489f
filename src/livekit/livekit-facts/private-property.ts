/**
 * What lies at a path of properties of other people's objects, private ones too; undefined where the
 * path ends before, or where a getter throws.
 */
export function valueAt(from: unknown, ...path: string[]): unknown {
  try {
    return path.reduce<unknown>(
      (value, key) =>
        isObject(value) || typeof value === "function"
          ? (Reflect.get(value, key) as unknown)
          : undefined,
      from,
    );
  } catch {
    return undefined;
  }
}

/** What a method without arguments gives; undefined where there is none, or where it throws. */
export function resultOf(from: object, method: string): unknown {
  const call = valueAt(from, method);
  if (typeof call !== "function") return undefined;
  try {
    return Reflect.apply(call, from, []) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether an object has all of these methods: what it is, told by what it does. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => typeof valueAt(value, name) === "function");
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
