import { isOfAnotherSession, isOfSession, mayBeOfSession } from "./connect-options.js";
import { currentContext } from "./call-context.js";
import { type Doing, type Guard, type Guarded, guardListener } from "./guard.js";

/**
 * How an instance is used, which tells whose session a call belongs to.
 *
 * - `whole`: one session alone uses the instance.
 * - `single`: the call is made while the session runs, so its code or its options name the session.
 * - `stream`: the call may have been made before anybody observed. Then it belongs to the only
 *   listener, unless its options are another session's.
 */
export type Use = "whole" | "stream" | "single";

/** Returns the listener of the session that uses an instance. */
export type PickListener<Listener> = (
  connOptions?: unknown,
  use?: Use,
) => Guarded<Listener> | undefined;

/** Listens to one kind of LiveKit object (an STT, a TTS, ...), on behalf of an owner (a session). */
export interface HookPoint<Instance extends object, Listener> {
  /**
   * Begins to listen. The instance's methods are wrapped once, for all listeners. After the last detach
   * the instance is as it was.
   */
  attach(instance: Instance, owner: object, listener: Listener): void;
  /** Like `attach()`, but only for calls from the agent's own nodes. Does nothing after `attach()`. */
  attachInNodes(instance: Instance, owner: object, listener: Listener): void;
  /** Stops listening for an owner, to one instance or to all. */
  detach(owner: object, instance?: Instance): void;
}

interface Attached<Listener> {
  listener: Guarded<Listener>;
  guard: Guard;
  isInNodesOnly: boolean;
}

interface Followed<Listener> {
  listeners: Map<object, Attached<Listener>>;
  /** Functions that restore the instance. */
  undoing: (() => void)[];
}

/** Takes functions to call once nobody listens any more. */
export type OnLeft = (...undo: (() => void)[]) => void;

/**
 * Wraps methods of single LiveKit objects. No class and no package is changed.
 *
 * Two sessions may share an instance, e.g. models made once in `prewarm`. Then:
 *
 * - A call belongs to the session whose code makes it.
 * - A call made by no session's code is not recorded.
 * - A session that nobody observes may share the instance too. A tool of an observed session may even
 *   start it. Its calls are recognised by their `connOptions`.
 *
 * Listeners are handed out guarded, so their methods never throw. `install` gets a guard for its other
 * code, which reports a failure to all listeners.
 *
 * @param doing what listeners do in each of their methods
 */
export function createHookPoint<Instance extends object, Listener extends { guard: Guard }>(
  doing: Doing,
  install: (
    instance: Instance,
    pickListener: PickListener<Listener>,
    guard: Guard,
    onLeft: OnLeft,
  ) => void,
): HookPoint<Instance, Listener> {
  const followedOf = new WeakMap<Instance, Followed<Listener>>();
  const instancesOf = new WeakMap<object, Set<Instance>>();

  function pick(
    listeners: Map<object, Attached<Listener>>,
    connOptions: unknown,
    use: Use,
  ): Guarded<Listener> | undefined {
    const { owner, isNode } = currentContext();
    const own = owner && listeners.get(owner);
    if (owner !== undefined && own !== undefined) {
      const isForeign = own.isInNodesOnly || isOfAnotherSession(connOptions, owner);
      return isForeign && isNode !== true ? undefined : own.listener;
    }
    const [[only, attached] = []] = listeners.size === 1 ? listeners : [];
    if (only === undefined || attached === undefined || attached.isInNodesOnly) return undefined;
    const isAsStream = use === "stream" && owner === undefined && mayBeOfSession(connOptions, only);
    return use === "whole" || isAsStream || isOfSession(connOptions, only)
      ? attached.listener
      : undefined;
  }

  function add(
    instance: Instance,
    owner: object,
    listener: Listener,
    isInNodesOnly: boolean,
  ): void {
    const { guard } = listener;
    const attached = { listener: guardListener(listener, guard, doing), guard, isInNodesOnly };
    const known = followedOf.get(instance);
    const listeners = known?.listeners ?? new Map<object, Attached<Listener>>();
    listeners.set(owner, attached);
    let instances = instancesOf.get(owner);
    if (instances === undefined) instancesOf.set(owner, (instances = new Set()));
    instances.add(instance);
    if (known !== undefined) return;
    const undoing: (() => void)[] = [];
    followedOf.set(instance, { listeners, undoing });
    const everybody = guardFor(listeners);
    everybody.run("began to follow LiveKit", () =>
      install(
        instance,
        (connOptions, use = "whole") => pick(listeners, connOptions, use),
        everybody,
        (...undo) => void undoing.push(...undo),
      ),
    );
  }

  function remove(instance: Instance, owner: object): void {
    const followed = followedOf.get(instance);
    const leaving = followed?.listeners.get(owner);
    if (followed === undefined || leaving === undefined) return;
    followed.listeners.delete(owner);
    if (followed.listeners.size > 0) return;
    followedOf.delete(instance);
    for (const undo of followed.undoing) leaving.guard.run("ceased to follow LiveKit", undo);
  }

  return {
    attach: (instance, owner, listener) => add(instance, owner, listener, false),
    attachInNodes(instance, owner, listener) {
      if (followedOf.get(instance)?.listeners.has(owner) !== true)
        add(instance, owner, listener, true);
    },
    detach(owner, instance) {
      const instances = instancesOf.get(owner) ?? new Set();
      for (const each of instance === undefined ? [...instances] : [instance]) {
        remove(each, owner);
        instances.delete(each);
      }
    },
  };
}

/** Reports a failure to all listeners, because it is not known yet whose call failed. */
function guardFor(listeners: Map<object, { guard: Guard }>): Guard {
  const everybody: Guard = {
    run(what, work) {
      try {
        return work();
      } catch (error) {
        everybody.report(what, error);
        return undefined;
      }
    },
    report(what, error) {
      for (const { guard } of listeners.values()) guard.report(what, error);
    },
  };
  return everybody;
}
