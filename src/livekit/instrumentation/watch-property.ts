/**
 * Calls `onSet` with each value that a property is given, before the property's own setter gets it. The
 * property needs a getter and a setter, its own or its class's. Without them nothing is told.
 *
 * @returns a function that ends this. It restores the property, unless others have replaced it since.
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
  /** Emptied at the end, because the object may outlive the session and must not keep it in memory. */
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
