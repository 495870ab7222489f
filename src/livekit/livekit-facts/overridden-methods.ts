/**
 * Whether somebody has overridden a method of LiveKit's class: by a subclass, or on the object. Told
 * by where the method stands, since an application may have another copy of LiveKit's class.
 */
export function isOverridden(object: object, method: string): boolean {
  const owners = prototypesOf(object).filter((each) => Object.hasOwn(each, method));
  return owners.length > 1;
}

/** The object and its prototypes, the nearest first; without `Object.prototype`. */
function prototypesOf(object: object): object[] {
  const chain: object[] = [];
  let each: object | null = object;
  while (each !== null && each !== Object.prototype) {
    chain.push(each);
    each = Reflect.getPrototypeOf(each);
  }
  return chain;
}
