import { type Context, context as activeContext } from "@opentelemetry/api";
import { type CallContext, runInContext } from "./call-context.js";
import type { Guard } from "./guard.js";

/** How one call of a method is followed. */
export interface FollowedCall<Args extends unknown[], Result> {
  /** Arguments for the method in place of the caller's. */
  args?: Args | undefined;
  /** The context in which the method runs. */
  context?: CallContext | undefined;
  /** The OpenTelemetry context for the method's spans. Default: the caller's. */
  parent?: Context | undefined;
  /**
   * Gets the method's result. If that is a promise, gets its value before the caller does. If this
   * returns something else than undefined, the caller gets that instead.
   */
  onResult?: ((result: Awaited<Result>) => Awaited<Result> | undefined | void) | undefined;
  /** The method threw, or its promise was rejected. The caller gets the same error. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Wraps a method of a foreign object, so that `follow` is called at each call. If `follow`, or a
 * function that it returns, throws, the guard reports it. The call then goes on with its own arguments,
 * result or error.
 *
 * A method is wrapped once, however many follow it. A later follower stands outside an earlier one: the
 * earlier one gets the arguments that the later one gave, and the later one gets the earlier one's
 * result.
 *
 * @param what words that follow `Failed while it `
 * @returns a function that ends the following. After the last one the method is restored, in whichever
 * order they end. If others have wrapped the method since, our wrapper stays and only passes calls on.
 * @throws TypeError if the object does not allow its method to be replaced
 */
export function wrapMethod<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  guard: Guard,
  what: string,
  follow: (
    ...args: ArgsOf<Target[Name]>
  ) => FollowedCall<ArgsOf<Target[Name]>, ResultOf<Target[Name]>> | undefined | void,
): () => void {
  const method: unknown = target[name];
  if (typeof method !== "function") return () => undefined;
  const known = wrappers.get(method);
  const wrapper = known?.target === target ? known : installWrapper(target, name, method);
  const follower: Follower = { guard, what, follow: follow as Follower["follow"] };
  wrapper.followers = [...wrapper.followers, follower];
  return () => {
    wrapper.followers = wrapper.followers.filter((each) => each !== follower);
    if (wrapper.followers.length === 0) wrapper.remove();
  };
}

/** A method that we have wrapped. */
interface Wrapper {
  target: object;
  /** The original method. */
  method: Function;
  /** Oldest first. A session's follower leaves with the session, because the wrapper may outlive it. */
  followers: readonly Follower[];
  /** Restores the method, unless others have wrapped it since. */
  remove(): void;
}

interface Follower {
  guard: Guard;
  what: string;
  follow(...args: unknown[]): FollowedCall<unknown[], unknown> | undefined | void;
}

/** Wrappers, by the function that replaces the method. */
const wrappers = new WeakMap<Function, Wrapper>();

function installWrapper(target: object, name: PropertyKey, method: Function): Wrapper {
  const isOwn = Object.hasOwn(target, name);
  const wrapped = (...args: unknown[]): unknown =>
    callFollowed(wrapper, wrapper.followers, wrapper.followers.length - 1, args);
  const wrapper: Wrapper = {
    target,
    method,
    followers: [],
    remove() {
      if (Reflect.get(target, name) !== wrapped) return;
      if (isOwn) Reflect.set(target, name, method);
      else Reflect.deleteProperty(target, name);
    },
  };
  if (!Reflect.set(target, name, wrapped))
    throw new TypeError(`the method ${String(name)} cannot be replaced`);
  wrappers.set(wrapped, wrapper);
  return wrapper;
}

/** Calls the method through the followers from `index` down to 0. The latest follower comes first. */
function callFollowed(
  { target, method }: Pick<Wrapper, "target" | "method">,
  followers: readonly Follower[],
  index: number,
  args: unknown[],
): unknown {
  const follower = followers[index];
  if (follower === undefined) return Reflect.apply(method, target, args) as unknown;
  const { guard, what } = follower;
  const call = guard.run(what, () => follower.follow(...args)) ?? undefined;
  const apply = () => callFollowed({ target, method }, followers, index - 1, call?.args ?? args);
  if (call === undefined) return apply();
  const open = () => (call.parent ? activeContext.with(call.parent, apply) : apply());
  const fail = (error: unknown): void => guard.run(what, () => call.onError?.(error));
  const pass = (given: unknown): unknown => guard.run(what, () => call.onResult?.(given)) ?? given;
  let result: unknown;
  try {
    result = call.context === undefined ? open() : runInContext(call.context, open);
  } catch (error) {
    fail(error);
    throw error;
  }
  if (call.onResult === undefined && call.onError === undefined) return result;
  if (guard.run(what, () => isPromise(result)) !== true) return pass(result);
  return (result as Promise<unknown>).then(pass, (error: unknown) => {
    fail(error);
    throw error;
  });
}

type ArgsOf<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type ResultOf<Method> = Method extends (...args: never[]) => infer Result ? Result : never;

function isPromise(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}
