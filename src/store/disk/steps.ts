/**
 * One call of the file system in its two forms. What is made of such calls is written once and
 * runs either at once or off the event loop.
 */
export interface Step {
  now(): unknown;
  later(): Promise<unknown>;
  /** Calls of one kind wait for each other: see `Disk`. */
  kind: StepKind;
}

/** `append`: to a journal. `sync`: waits for the disk itself. `file`: everything else. */
export type StepKind = "append" | "sync" | "file";

/** Work on files, as a generator of its calls. Whoever runs it decides whether they block. */
export type Steps<T> = Generator<Step, T, unknown>;

/** Does the work before it returns. Throws what the file system says. */
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

/** Does the work off the event loop. Rejects with what the file system says. */
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
