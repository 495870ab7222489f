import type { Spinner } from "yocto-spinner";

/** Shorter reads show nothing, because a line that appears and goes is only a flicker. */
const QUIET_MS = 1000;

/** How far a long read is, for a person who waits. */
export interface Progress {
  /** Nothing is shown once all are read, because a command may go on for long with what it has read. */
  show(done: number, of: number): void;
  /** Removes what is shown. Nothing is shown after it. */
  end(): void;
}

/** The part of a stream that decides whether anything is shown. */
type Screen = NodeJS.WriteStream & { isTTY: boolean };

/**
 * Shows progress on stderr after a second. A file, a pipe and CI get nothing, because only a person who
 * waits needs it. The library is loaded when it is needed.
 */
export function openProgress(stream: Screen = process.stderr, quietMs = QUIET_MS): Progress {
  const sinceMs = performance.now();
  let spinner: Spinner | undefined;
  let text = "";
  let isLoading = false;
  let isWanted = false;
  let isOver = false;
  const load = (): void => {
    if (isLoading) return;
    isLoading = true;
    void import("yocto-spinner").then(({ default: makeSpinner }) => {
      spinner = makeSpinner({ text, stream });
      if (isWanted && !isOver) spinner.start();
    });
  };
  return {
    show(done, of) {
      if (isOver || !stream.isTTY || performance.now() - sinceMs < quietMs) return;
      isWanted = done < of;
      text = `${done} of ${of} calls read`;
      if (!isWanted) spinner?.stop();
      else if (spinner !== undefined) spinner.start(text).text = text;
      else load();
    },
    end() {
      isOver = true;
      spinner?.stop();
    },
  };
}
