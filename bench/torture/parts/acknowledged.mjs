/** What writers have acknowledged: for each session the number of operations, and of those flushed. */
export function makeLedger() {
  const sessions = new Map();
  const ledger = {
    sessions,
    isDone: false,
    threads: [],
    onLine(line) {
      const [kind, id, count] = line.split(" ");
      if (kind === "done") ledger.isDone = true;
      else if (kind === "threads") {
        ledger.threads = [Number(id), Number(count)];
        ledger.onThreads?.();
      } else if (kind === "a" || kind === "f") {
        const session = sessions.get(id) ?? { acknowledged: 0, flushed: 0 };
        session[kind === "a" ? "acknowledged" : "flushed"] = Number(count);
        sessions.set(id, session);
      }
    },
    /** How many operations there were in all. */
    get total() {
      return [...sessions.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    },
  };
  return ledger;
}
