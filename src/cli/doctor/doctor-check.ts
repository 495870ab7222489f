/** One thing that was looked at. `warn` loses no record; `bad` may. */
export interface DoctorCheck {
  /** What it is about: `node`, `folder`, `disk`, `modes`, `endpoint`, `versions`, `spool`, `settings`, ... */
  what: string;
  outcome: "ok" | "warn" | "bad";
  fact: string;
  /** What to do where it is not as it should be. */
  way_out?: string;
}
