import { AsyncLocalStorage } from "node:async_hooks";
import { isOfAnotherSession, isOfSession, mayBeOfSession } from "./connect-options.js";

/** The session whose code runs now; `isNode` where that is a node of its agent's own. */
const currentRun = new AsyncLocalStorage<{ owner: object; isNode: boolean }>();

/** Runs a session, so that what it calls can be told from what another session calls. */
export function runAs<T>(owner: object, work: () => T): T {
  return currentRun.run({ owner, isNode: false }, work);
}

/** Runs a node of an agent's own, which may give a model any options, or none. */
export function runNodeAs<T>(owner: object, work: () => T): T {
  return currentRun.run({ owner, isNode: true }, work);
}

/**
 * How an instance is used. What takes no options is no model that sessions share, or is used by only
 * one of them. A `single` call is made while the session runs, so its session is known by its code or
 * by its options; a `stream` may have been asked for by code that ran before anybody observed, and
 * then belongs to the only one who listens, unless its options are somebody else's.
 */
export type Use = "whole" | "stream" | "single";

/** Gives the listener of the session that uses an instance. */
export type PickListener<Listener> = (connOptions?: unknown, use?: Use) => Listener | undefined;

/** Listens to one kind of LiveKit object (an STT, a TTS, ...), on behalf of an owner (a session). */
export interface HookPoint<Instance extends object, Listener> {
  /** Begins to listen; the instance's methods are wrapped once, however many listen. */
  attach(instance: Instance, owner: object, listener: Listener): void;
  /** As `attach()`, but to what the agent's own nodes do with it; unless all is listened to already. */
  attachInNodes(instance: Instance, owner: object, listener: Listener): void;
  /** Stops listening on behalf of an owner: to one instance, or to all. */
  detach(owner: object, instance?: Instance): void;
}

interface Attached<Listener> {
  listener: Listener;
  isInNodesOnly: boolean;
}

/**
 * Wraps methods of LiveKit's objects, one instance at a time: no class and no package is changed.
 *
 * Two sessions may share an instance (models made once in `prewarm`). Then a call belongs to the
 * session whose code makes it; a call that no session's code makes is not recorded. A session that
 * nobody observes may share it too, and even be started by a tool of one that is observed: its calls
 * are told by their `connOptions`.
 */
export function createHookPoint<Instance extends object, Listener>(
  install: (instance: Instance, pickListener: PickListener<Listener>) => void,
): HookPoint<Instance, Listener> {
  const listenersOf = new WeakMap<Instance, Map<object, Attached<Listener>>>();
  const instancesOf = new WeakMap<object, Set<Instance>>();

  function pick(
    listeners: Map<object, Attached<Listener>>,
    connOptions: unknown,
    use: Use,
  ): Listener | undefined {
    const run = currentRun.getStore();
    const own = run && listeners.get(run.owner);
    if (run !== undefined && own !== undefined) {
      const isForeign = own.isInNodesOnly || isOfAnotherSession(connOptions, run.owner);
      return isForeign && !run.isNode ? undefined : own.listener;
    }
    const [[only, attached] = []] = listeners.size === 1 ? listeners : [];
    if (only === undefined || attached === undefined || attached.isInNodesOnly) return undefined;
    const isAsStream = use === "stream" && run === undefined && mayBeOfSession(connOptions, only);
    return use === "whole" || isAsStream || isOfSession(connOptions, only)
      ? attached.listener
      : undefined;
  }

  function add(instance: Instance, owner: object, attached: Attached<Listener>): void {
    let listeners = listenersOf.get(instance);
    if (listeners === undefined) {
      const created = new Map<object, Attached<Listener>>();
      listeners = created;
      listenersOf.set(instance, created);
      install(instance, (connOptions, use = "whole") => pick(created, connOptions, use));
    }
    listeners.set(owner, attached);
    let instances = instancesOf.get(owner);
    if (instances === undefined) instancesOf.set(owner, (instances = new Set()));
    instances.add(instance);
  }

  return {
    attach: (instance, owner, listener) => add(instance, owner, { listener, isInNodesOnly: false }),
    attachInNodes(instance, owner, listener) {
      if (listenersOf.get(instance)?.has(owner) !== true)
        add(instance, owner, { listener, isInNodesOnly: true });
    },
    detach(owner, instance) {
      const instances = instancesOf.get(owner) ?? new Set();
      for (const each of instance === undefined ? [...instances] : [instance]) {
        listenersOf.get(each)?.delete(owner);
        instances.delete(each);
      }
    },
  };
}
