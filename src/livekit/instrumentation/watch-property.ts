/**
 * Tells of each value that a property of an object is given, before its own setter gets it. The
 * property has a getter and a setter, of its class or of its own; of one that has not, nothing is told.
 *
 * @returns what ends it: the property is again what it was, unless others have replaced it since
 */
export function watchProperty(
  target: object,
  name: string,
  onSet: (next: unknown) => void,
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const { get, set } =
    own ?? Object.getOwnPropertyDescriptor(Reflect.getPrototypeOf(target) ?? {}, name) ?? {};
  if (get === undefined || set === undefined) return () => undefined;
  /** What outlives a session must not keep it. */
  let tell: ((next: unknown) => void) | undefined = onSet;
  function setAndTell(next: unknown): void {
    tell?.(next);
    Reflect.apply(set as (value: unknown) => void, target, [next]);
  }
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: own?.enumerable ?? true,
    get: () => Reflect.apply(get, target, []) as unknown,
    set: setAndTell,
  });
  return () => {
    tell = undefined;
    if (Object.getOwnPropertyDescriptor(target, name)?.set !== setAndTell) return;
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}
