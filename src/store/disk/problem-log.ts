/** Tells a problem: `kind` is reported once, `line` says the fact and the way out. */
export type ReportProblem = (kind: string, line: string) => void;

/** Kinds that are remembered; after so many different ones the log begins anew. */
const MAX_KINDS = 1000;

/** Makes a report that passes each kind of problem on once, and never throws. */
export function reportOnce(onProblem: (line: string) => void): ReportProblem {
  const told = new Set<string>();
  return (kind, line) => {
    if (told.has(kind)) return;
    if (told.size >= MAX_KINDS) told.clear();
    told.add(kind);
    try {
      onProblem(line);
    } catch {
      // A listener that fails must not stop the recording.
    }
  };
}
