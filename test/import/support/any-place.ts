/** The path of each value in a document of JSON. */
export function listPlaces(value: unknown, prefix: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const place = [...prefix, key];
    return [place, ...listPlaces(inner, place)];
  });
}

/** Puts a value into a document of JSON, at the path of another one. */
export function setAt(root: object, place: readonly string[], put: unknown): void {
  const holder = place
    .slice(0, -1)
    .reduce<object>((inner, key) => Reflect.get(inner, key) as object, root);
  Reflect.set(holder, place.at(-1) ?? "", put);
}
