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
 * @param what to be read after `Failed while it `
 * @returns what ends the wrap: the method is again what it was. If others have wrapped it since, ours
 *   stays between, and only passes calls on.
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
  type Args = ArgsOf<Target[Name]>;
  type Result = ResultOf<Target[Name]>;
  const method: unknown = target[name];
  if (typeof method !== "function") return () => undefined;
  const isOwn = Object.hasOwn(target, name);
  /** What outlives a session must not keep it, so this is all that the wrapper holds of one. */
  let following: { guard: Guard; follow: typeof follow } | undefined = { guard, follow };
  function wrapped(...args: Args): Result {
    if (following === undefined) return Reflect.apply(method as Function, target, args) as Result;
    const { guard: ours, follow: tell } = following;
    const call = ours.run(what, () => tell(...args));
    const apply = () => Reflect.apply(method as Function, target, call?.args ?? args) as Result;
    const open = () => (call?.parent ? activeContext.with(call.parent, apply) : apply());
    if (call === undefined) return open();
    const fail = (error: unknown): void => ours.run(what, () => call.onError?.(error));
    const pass = (given: Awaited<Result>): Awaited<Result> =>
      ours.run(what, () => call.onResult?.(given)) ?? given;
    let result: Result;
    try {
      result = call.context === undefined ? open() : runInContext(call.context, open);
    } catch (error) {
      fail(error);
      throw error;
    }
    if (call.onResult === undefined && call.onError === undefined) return result;
    if (ours.run(what, () => isPromise(result)) !== true) return pass(result as Awaited<Result>);
    return (result as Promise<Awaited<Result>>).then(pass, (error: unknown) => {
      fail(error);
      throw error;
    }) as Result;
  }
  if (!Reflect.set(target, name, wrapped))
    throw new TypeError(`the method ${String(name)} cannot be replaced`);
  return () => {
    following = undefined;
    if (target[name] !== (wrapped as unknown)) return;
    if (isOwn) Reflect.set(target, name, method);
    else Reflect.deleteProperty(target, name);
  };
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
