/**
 * One call of the file system in two forms. Work made of such calls is written once. It runs at once or
 * off the event loop.
 */
export interface Step {
  now(): unknown;
  later(): Promise<unknown>;
  /** Calls of one kind wait for each other (see `Disk`). */
  kind: StepKind;
}

/**
 * - `append`: an append to a journal.
 * - `sync`: a call that waits for the disk itself.
 * - `file`: every other call.
 */
export type StepKind = "append" | "sync" | "file";

/** Work on files, as a generator of its calls. The caller decides whether the calls block. */
export type Steps<T> = Generator<Step, T, unknown>;

/** Does the work before it returns. Throws the file system's error. */
export function runNow<T>(steps: Steps<T>): T {
  let state = steps.next();
  while (state.done !== true) {
    let result: unknown;
    try {
      result = state.value.now();
    } catch (error) {
      state = steps.throw(error);
      continue;
    }
    state = steps.next(result);
  }
  return state.value;
}

/** Does the work off the event loop. Rejects with the file system's error. */
export async function runLater<T>(
  steps: Steps<T>,
  run: (step: Step) => Promise<unknown> = (step) => step.later(),
): Promise<T> {
  let state = steps.next();
  while (state.done !== true) {
    let result: unknown;
    try {
      result = await run(state.value);
    } catch (error) {
      state = steps.throw(error);
      continue;
    }
    state = steps.next(result);
  }
  return state.value;
}
