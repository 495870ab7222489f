/**
 * Reads a path of properties of foreign objects, private ones too; undefined if the path ends early or
 * a getter throws.
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

/** Calls a method without arguments; undefined if there is none, or if it throws. */
export function resultOf(from: object, method: string): unknown {
  const call = valueAt(from, method);
  if (typeof call !== "function") return undefined;
  try {
    return Reflect.apply(call, from, []) as unknown;
  } catch {
    return undefined;
  }
}

/** Whether an object has all of these methods, which tells what it is. */
export function hasMethods(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => typeof valueAt(value, name) === "function");
}

export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
