/**
 * Whether a method of LiveKit's class is overridden, by a subclass or on the object itself. Counts the
 * objects of the prototype chain that have it, because an application may have another copy of
 * LiveKit's class.
 */
export function isOverridden(object: object, method: string): boolean {
  const owners = prototypesOf(object).filter((each) => Object.hasOwn(each, method));
  return owners.length > 1;
}

/** The object and its prototypes, nearest first, without `Object.prototype`. */
function prototypesOf(object: object): object[] {
  const chain: object[] = [];
  let each: object | null = object;
  while (each !== null && each !== Object.prototype) {
    chain.push(each);
    each = Reflect.getPrototypeOf(each);
  }
  return chain;
}
