import { messageOf } from "../../platform/message-of.js";
import { writeToStderr } from "../../record/index.js";

/** Runs our code inside an agent. No error of ours reaches the agent. */
export interface Guard {
  /** Runs `work` and returns its result. If it throws, that is reported and the result is undefined. */
  run<Result>(what: string, work: () => Result): Result | undefined;
  /** Reports a failure, once for each `what`, and never throws. */
  report(what: string, error: unknown): void;
}

export function createGuard(report: (line: string) => void = writeToStderr): Guard {
  const reported = new Set<string>();
  const guard: Guard = {
    run(what, work) {
      try {
        return work();
      } catch (error) {
        guard.report(what, error);
        return undefined;
      }
    },
    report(what, error) {
      if (reported.has(what)) return;
      reported.add(what);
      try {
        report(`Failed while it ${what}: ${messageOf(error)}. The agent is not affected`);
      } catch {
        // A broken reporter must not reach the agent either.
      }
    },
  };
  return guard;
}

/** What each method of a listener does, as words that follow `Failed while it `. */
export interface Doing {
  readonly [method: string]: string;
}

/** A listener whose methods never throw. A method that fails returns undefined. */
export type Guarded<Listener> = {
  [Name in keyof Listener]: Listener[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => GuardedResult<Name, Result> | undefined
    : Listener[Name];
};

/** An `on...` method returns another listener, or a function to call later. */
type GuardedResult<Name, Result> = Name extends `on${string}`
  ? Result extends (...args: infer Args) => infer Inner
    ? (...args: Args) => Inner | undefined
    : Result extends object
      ? Guarded<Result>
      : Result
  : Result;

/**
 * Guards every method of a listener. The result of an `on...` method is guarded too: it is another
 * listener, or a function to call later.
 */
export function guardListener<Listener extends object>(
  listener: Listener,
  guard: Guard,
  doing: Doing = {},
): Guarded<Listener> {
  const guarded = Object.entries(listener).map(([name, member]: [string, unknown]) => [
    name,
    typeof member === "function" ? guardMethod(listener, name, member, guard, doing) : member,
  ]);
  return Object.fromEntries(guarded) as Guarded<Listener>;
}

function guardMethod(
  listener: object,
  name: string,
  method: Function,
  guard: Guard,
  doing: Doing,
): (...args: unknown[]) => unknown {
  const isListening = name.startsWith("on");
  return (...args) => {
    const given = guard.run(
      doing[name] ?? `handled "${name}"`,
      () => Reflect.apply(method, listener, args) as unknown,
    );
    if (!isListening) return given;
    if (typeof given === "function")
      return guardMethod({}, `what followed ${name}`, given, guard, doing);
    return typeof given === "object" && given !== null ? guardListener(given, guard, doing) : given;
  };
}
