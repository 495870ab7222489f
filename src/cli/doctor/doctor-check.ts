/** The result of one check. `warn` loses no record; `bad` may. */
export interface DoctorCheck {
  /** The subject: `node`, `folder`, `disk`, `modes`, `endpoint`, `versions`, `spool`, `settings`, ... */
  what: string;
  outcome: "ok" | "warn" | "bad";
  fact: string;
  /** What to do if it is not `ok`. */
  way_out?: string;
}
