import { type Context, context as activeContext } from "@opentelemetry/api";
import { type CallContext, runInContext } from "./call-context.js";
import type { Guard } from "./guard.js";

/** What is to be done about one call of a method. */
export interface FollowedCall<Args extends unknown[], Result> {
  /** Given to the method in place of the caller's arguments. */
  args?: Args | undefined;
  /** What the method's code runs for. */
  context?: CallContext | undefined;
  /** The OpenTelemetry context that its spans hang below; the caller's by default. */
  parent?: Context | undefined;
  /**
   * Gets what the method gave; of a promise, what it was fulfilled with, before whoever awaits it
   * goes on. The caller gets what this gives, if it gives something else than undefined.
   */
  onResult?: ((result: Awaited<Result>) => Awaited<Result> | undefined | void) | undefined;
  /** The method threw, or its promise was rejected. The caller gets the very error. */
  onError?: ((error: unknown) => void) | undefined;
}

/**
 * Wraps a method of somebody else's object, so that `follow` is told of each call. Whatever fails in
 * `follow` or in what it gives is reported by the guard, and the call goes on as if nobody listened:
 * with its own arguments, result or error.
 *
 * However many follow one method, it is wrapped once. Of two followers the later one comes first: the
 * earlier one sees the arguments that the later one gave, and the later one the earlier one's result.
 *
 * @param what to be read after `Failed while it `
 * @returns what ends the following. After the last one the method is again what it was, whichever
 *   ended first. If others have wrapped it since, ours stays between, and only passes calls on.
 * @throws TypeError where the object does not let its method be replaced
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
  /** The method as it was before. */
  method: Function;
  /** The earliest first. A session's follower goes with the session: the wrapper may outlive it. */
  followers: readonly Follower[];
  /** Gives the object its method back, unless others have wrapped it since. */
  remove(): void;
}

interface Follower {
  guard: Guard;
  what: string;
  follow(...args: unknown[]): FollowedCall<unknown[], unknown> | undefined | void;
}

/** By the function that stands in place of the method. */
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

/** Calls the method as the followers up to `index` see it, the latest first. */
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
