import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Lays traps on objects: each property that code of `src/livekit` reads is noted by its name, and the
 * one that is to be broken throws. Whoever else reads it (LiveKit, a test) notices nothing.
 */
export class BrokenReads {
  readonly seen = new Set<string>();
  readonly #broken: string | undefined;
  readonly #trapped = new WeakSet<object>();

  constructor(broken?: string) {
    this.#broken = broken;
  }

  /** @param deep how many levels of the objects within are trapped as well */
  lay<T>(value: T, name: string, deep = 0): T {
    if (typeof value !== "object" || value === null || this.#trapped.has(value)) return value;
    if (!Object.isExtensible(value) || ArrayBuffer.isView(value) || Array.isArray(value))
      return value;
    this.#trapped.add(value);
    for (const [key, descriptor] of describeMembers(value)) {
      if (deep > 0 && "value" in descriptor)
        this.lay(descriptor.value as unknown, `${name}.${key}`, deep - 1);
      this.#layOn(value, key, descriptor, `${name}.${key}`);
    }
    return value;
  }

  #layOn(object: object, key: string, descriptor: PropertyDescriptor, name: string): void {
    if (Object.getOwnPropertyDescriptor(object, key)?.configurable === false) return;
    const { get, set } = descriptor;
    let current: unknown = descriptor.value;
    Object.defineProperty(object, key, {
      configurable: true,
      enumerable: Object.hasOwn(object, key) && descriptor.enumerable === true,
      get: () => {
        if (isReadByUs()) {
          this.seen.add(name);
          if (name === this.#broken) throw new Error(`${name} cannot be read`);
        }
        return get === undefined ? current : (Reflect.apply(get, object, []) as unknown);
      },
      set(next: unknown) {
        if (set !== undefined) Reflect.apply(set, object, [next]);
        else current = next;
      },
    });
  }
}

/** The members of an object and of its classes, the nearest of each name. */
function describeMembers(object: object): Map<string, PropertyDescriptor> {
  const members = new Map<string, PropertyDescriptor>();
  let owner: object | null = object;
  while (owner !== null && owner !== Object.prototype) {
    for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(owner)))
      if (!members.has(key) && key !== "constructor") members.set(key, descriptor);
    owner = Reflect.getPrototypeOf(owner);
  }
  return members;
}

const OURS = /[\\/]src[\\/]livekit[\\/]/;
const HERE = /broken-reads/;

function isReadByUs(): boolean {
  return OURS.test(nearestFrame() ?? "");
}

/** The nearest line of the stack that names a file, without those of this one. */
function nearestFrame(skip: RegExp = HERE): string | undefined {
  const { stack = "" } = new Error("where");
  return stack
    .split("\n")
    .slice(1)
    .find((line) => /:\d+:\d+\)?$/.test(line) && !HERE.test(line) && !skip.test(line));
}

/** The clock that our code reads breaks at one place, for one run. */
export interface BrokenClock {
  /** The places that have read it, e.g. `src/livekit/x.ts:1:2`. */
  seen: Set<string>;
  broken: string | undefined;
}

const currentClock = new AsyncLocalStorage<BrokenClock>();

/** Runs a call whose clock throws at one place of our code, at each time it is read there. */
export function runWithClock<Result>(clock: BrokenClock, work: () => Result): Result {
  return currentClock.run(clock, work);
}

/** Makes `performance.now()` break as `runWithClock()` says. Gives what mends it. */
export function breakClock(): () => void {
  const now = performance.now.bind(performance);
  performance.now = () => {
    const clock = currentClock.getStore();
    if (clock === undefined) return now();
    const frame = nearestFrame();
    const place =
      frame !== undefined && /livekit-facts.clock/.test(frame) ? findPlace() : undefined;
    if (place !== undefined) {
      clock.seen.add(place);
      if (place === clock.broken) throw new Error(`the clock broke at ${place}`);
    }
    return now();
  };
  return () => {
    Reflect.deleteProperty(performance, "now");
  };
}

function findPlace(): string | undefined {
  return /src[\\/]livekit[\\/].*?:\d+:\d+/.exec(nearestFrame(/livekit-facts.clock/) ?? "")?.[0];
}
