/** Reports a problem. Each `kind` is reported once. `line` states the fact and the way out. */
export type ReportProblem = (kind: string, line: string) => void;

/** How many kinds are remembered. After that many, all are forgotten and may be reported again. */
const MAX_KINDS = 1000;

/** Makes a report function that passes on each kind of problem once, and never throws. */
export function reportOnce(onProblem: (line: string) => void): ReportProblem {
  const told = new Set<string>();
  return (kind, line) => {
    if (told.has(kind)) return;
    if (told.size >= MAX_KINDS) told.clear();
    told.add(kind);
    try {
      onProblem(line);
    } catch {
      // A failing listener must not stop the recording.
    }
  };
}
