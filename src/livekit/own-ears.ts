import { AsyncLocalStorage } from "node:async_hooks";

/** A transcript that a service has given and the agent's own `sttNode` has not passed on yet. */
export interface RawTranscript {
  id: string;
  text: string;
}

/** The run of an agent's `sttNode` whose code runs now. */
const currentEars = new AsyncLocalStorage<RawTranscript[]>();

/** Notes a transcript that a service gives inside an agent's own `sttNode`, if it is inside one. */
export function tellEars(transcript: RawTranscript): void {
  currentEars.getStore()?.push(transcript);
}

export interface Ears {
  /** Runs the node's code, so that what a service gives it is known to have come through it. */
  run<R>(work: () => R): R;
  /** What the node passes on. Gives the transcript that it came from, and those it left out. */
  pass(text: string): { from: RawTranscript | undefined; dropped: RawTranscript[] };
  /** What it has left out at its end. */
  end(): RawTranscript[];
}

/** Follows one run of an agent's own `sttNode`: what goes in, and what comes out of it. */
export function createEars(): Ears {
  const waiting: RawTranscript[] = [];
  return {
    run: (work) => currentEars.run(waiting, work),
    pass(text) {
      const same = waiting.findIndex((raw) => raw.text === text);
      // What was changed is what came last: a node passes on what it has just been given.
      const index = same >= 0 ? same : waiting.length - 1;
      const dropped = index > 0 ? waiting.splice(0, index) : [];
      return { from: waiting.shift(), dropped };
    },
    end: () => waiting.splice(0),
  };
}
